"""NTLM, Negotiate and Kerberos."""
