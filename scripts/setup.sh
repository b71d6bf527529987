#!/bin/sh
# Make the project's own Python environment: setup.sh <folder> <python>
# Every package is pinned in requirements.txt; this only decides where PyTorch comes from.
set -eu
venv=$1
python=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "error: Python >= 3.11 is needed, $python is $("$python" -V): run make PYTHON=<a newer python3>" >&2
  exit 1
}
echo "Setting up $venv (a few minutes the first time)" >&2
"$python" -m venv "$venv"

# pip says a lot; it is worth reading when something has gone wrong.
log=$venv/set-up.log
install() {
  "$venv/bin/python" -m pip --disable-pip-version-check install "$@" >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "error: the packages could not be installed; all that pip said is in $log" >&2
    exit 1
  }
}

# PyPI's PyTorch for Linux brings gigabytes of CUDA. PyTorch's own index has a build for the CPU: take it where it
# can be reached, and do not wait for it where it cannot (the daemon thread keeps a slow name server from holding us).
index=https://download.pytorch.org/whl/cpu
reachable='
import os, sys, threading, urllib.request
def ask():
    try:
        urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=3)
    except Exception:
        os._exit(1)
    os._exit(0)
threading.Thread(target=ask, daemon=True).start()
threading.Event().wait(4)
os._exit(1)
'
if [ "$(uname -s)" = Linux ]; then
  if "$venv/bin/python" -c "$reachable" "$index"; then
    install --index-url "$index" "$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)"
  else
    echo "PyTorch's CPU index is out of reach: PyTorch comes from pip's own sources" >&2
  fi
fi
install --requirement requirements.txt

# Training jobs run under AWS's own toolkit where it can be built; without it local AWS keeps the same contract.
"$venv/bin/python" -m pip --disable-pip-version-check install sagemaker-training==5.1.4 >>"$log" 2>&1 ||
  echo "No C compiler, so AWS's sagemaker-training is left out: local AWS keeps its contract itself" >&2

# Terraform now, too, so that the first step does not have to fetch it.
PYTHONPATH=scripts "$venv/bin/python" -c 'from scones.errors import main
from scones.infrastructure.toolchain import terraform_program
main(terraform_program)'
