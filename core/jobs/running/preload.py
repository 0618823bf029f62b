"""Imported once by the parent that workers are forked from: the heavy libraries, and our own code as it was at that moment.

One thread before numpy is loaded, low priority, no secrets in the environment, and dead when the supervisor's thread ends. All
workers run the code that the server started with: an edit, or an update of the files, takes effect with the next start, and
never halfway through a run.
"""

import gc
import os

from core.jobs.running.isolation import SERVER, die_with_parent, scrub

server = os.environ.get(SERVER)
die_with_parent()
if server is not None and server != str(os.getppid()):
    os._exit(1)  # it died before it could be followed, and to load the libraries takes seconds
scrub()
os.nice(19)

import statsmodels.tsa.ar_model  # noqa: E402, F401
import torch  # noqa: E402

import core.experiment  # noqa: E402
import core.insight.states  # noqa: E402
import core.jobs.kinds.registry  # noqa: E402
import core.nets.training  # noqa: E402
import core.store.codecs.snapshots  # noqa: E402, F401

torch.set_num_threads(1)
gc.freeze()  # a worker that collects garbage would otherwise write to, and so copy, every page of the libraries
