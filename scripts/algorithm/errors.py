"""What can go wrong, in two kinds, named as SageMaker's built-in algorithms name them.

AlgorithmError       the program cannot go on
└── ClientError      the user's settings or data are at fault; the message says what to change
"""


class AlgorithmError(Exception):
    """The algorithm cannot go on; str() is one line fit for a job's failure reason."""

    def __str__(self) -> str:
        return f"{type(self).__name__}: {super().__str__()}"


class ClientError(AlgorithmError):
    """A hyperparameter, a channel or an image is wrong, and only the user can mend it."""
