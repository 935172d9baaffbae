"""Why a sheet could not be printed. The workers translate these into what a person sees."""


class PrintError(Exception):
    """Base of all. `code` is stable, `str(error)` is for a person; buyer text is never part of it."""

    code = "print_failed"


class Refused(PrintError):
    """The document must not be printed as it is: a missing field, or plain buyer data where a mask is due."""

    code = "print_refused"


class DoesNotFit(PrintError):
    """A text is too long for its place even at the smallest readable size. Never printed cut or overlapping."""

    code = "print_does_not_fit"


class SystemMissing(PrintError):
    """A library or a font of the machine is missing; the message holds the exact command that installs it."""

    code = "print_system_missing"


class TimedOut(PrintError):
    """The render took longer than its wall clock limit; its process was ended."""

    code = "print_timed_out"


class Crashed(PrintError):
    """The render process died or ran out of its memory limit; the next document gets a new one."""

    code = "print_crashed"
