"""The scheduler: planning, dispatch, reasons, contents."""
