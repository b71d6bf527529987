"""Permissions: who may do what, decided as IAM decides it.

Pure, and without moto: patterns.py (wildcards, variables), conditions.py, policies.py (documents) and
evaluation.py (one account's policies together).
"""
