# SPDX-License-Identifier: BSL-1.0
"""Decides what scripts/bench can do, one module a command."""
