"""Clients with exactly one connection, which the handshake of a Windows user is bound to."""

import ssl

import httpx

from milestone_sdk._net.http.asyncio import async_http_client
from milestone_sdk._net.http.blocking import http_client


def one_connection_client(context: ssl.SSLContext, timeout: float) -> httpx.Client:
    return http_client(context, timeout=timeout, connections=1)


def async_one_connection_client(context: ssl.SSLContext, timeout: float) -> httpx.AsyncClient:
    return async_http_client(context, timeout=timeout, connections=1)
