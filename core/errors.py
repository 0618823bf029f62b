"""The errors that a person may see. Whatever is raised and not in this tree is a defect of ours.

AppError                 its text is shown as it stands: value, bound, remedy
├── DataError            what was brought cannot be used
│   └── TooShortError    a series has fewer points than a computation needs
├── ConfigError          a setting, or settings together, cannot be used
├── FitError             a model could not be fitted to data and settings that are allowed
├── LimitError           a limit of size, memory or time was reached
└── StoreError           the store cannot do it: busy, full, or not ours
    ├── NotFoundError    there is nothing of that name for who asks
    ├── DamagedError     what was stored is not what is read
    └── PassphraseError  a link asks for a passphrase, and this is not it
Cancelled                not an error: somebody asked the work to stop
"""


class AppError(Exception):
    """Base of all errors whose text is meant for the person at the screen."""


class DataError(AppError):
    """What was brought cannot be used."""


class TooShortError(DataError):
    """A series has fewer points than a computation needs; the text names the length needed."""


class ConfigError(AppError):
    """A setting, or settings together, cannot be used."""


class FitError(AppError):
    """A model could not be fitted, though data and settings are allowed."""


class LimitError(AppError):
    """A limit of size, memory or time was reached."""


class StoreError(AppError):
    """The store cannot do what was asked: it is busy, its disk is full, or its file is not ours to change."""


class NotFoundError(StoreError):
    """There is nothing of that name for who asks, whether or not somebody else has it."""


class DamagedError(StoreError):
    """What was stored is not what is read: bytes changed on their way."""


class PassphraseError(StoreError):
    """A link asks for a passphrase, and none or another one was given."""


class Cancelled(Exception):
    """Somebody asked the work to stop; raised out of a report."""
