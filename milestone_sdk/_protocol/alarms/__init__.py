"""The alarm feed of one site: which question comes next, and what is new in each answer. No I/O, no clock."""
