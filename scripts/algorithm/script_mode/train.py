"""The entry point of a SageMaker job in script mode, on AWS's PyTorch container.

It lies beside the package `algorithm` and `inference.py` in sourcedir.tar.gz. What will serve the model goes
into the model's folder first, not last: a job that is killed leaves a model that can be served.
"""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The backbone is where training starts; a trained model holds all that it serves.
LEFT_OUT = shutil.ignore_patterns("train.py", "backbone", "__pycache__")


def main() -> int:
    if os.environ["SM_CURRENT_HOST"] == "algo-1":
        shutil.copytree(HERE, Path(os.environ["SM_MODEL_DIR"], "code"), ignore=LEFT_OUT, dirs_exist_ok=True)
    from algorithm.__main__ import main as run

    return run(["train"])


if __name__ == "__main__":
    sys.exit(main())
