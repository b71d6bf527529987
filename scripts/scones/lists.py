"""The .lst files of SageMaker's image-classification algorithm: a line a picture."""

from scones.errors import SconesError


def read_labels(text: str, prefix: str = "test/") -> dict[str, int]:
    """Return {object key: class index} of a .lst file: index, label and path, separated by tabs.

    SconesError, with the line, when a line is not of that form.
    """
    labels = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            _, label, path = line.split("\t")
            labels[prefix + path] = int(float(label))
        except ValueError:
            raise SconesError(
                f"line {number} of the .lst file is {line!r}: expected index, label and path, tab-separated"
            ) from None
    return labels
