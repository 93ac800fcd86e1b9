"""A campaign: many settings judged, by processes, threads or a cluster, with the same verdicts whatever judges them.

A *setting* is here no more than its key, a text or an integer, and a *judge* is any function of a key that gives a
record: a dict of JSON values with at least ``certified``, True or False. What the keys mean is the judge's affair.

.. code-block:: python

    campaign = run(partial(judge_setting, "my_kernels:conv"), keys, log="conv.jsonl", limit=60)
    campaign.certified, campaign.counterexamples

Notes
-----
*The order is that of the keys*, whatever came back first, and no time is in a record: the report of a deterministic
judge is bit for bit the same with 1, 2 or 7 workers, with threads or a cluster, and after any number of interruptions.

*Nothing is the end of a campaign.* A judge that raises has judged that setting: it is not certified, and the record
says why. A process that dies is replaced; the setting it died of is judged again alone, and a second death is its
record. With a ``limit``, a judge that gives no answer in so many seconds is ended with its process, and that is its
record. What the runner recorded itself says so by its ``fate``: ``"raised"``, ``"died"`` or ``"hanging"``.

*Nothing is lost.* With a ``log``, what is judged is on disk, a JSON line for each setting, as soon as its chunk is
delivered. The same call with the same log goes on where the last one was stopped: by Ctrl-C, by a power cut, by the
loss of a cluster. The log of another campaign is refused.

*Who judges.* `run` starts processes of its own, each with one thread, or hands chunks of keys to any
``concurrent.futures.Executor`` that it is given: threads, processes, ``dask.distributed.Client.get_executor()``. Of an
executor, ``submit`` and the futures are used, and nothing else: it is not shut down. A limit of time needs the
package's own processes, since no executor can end a call that has begun.
"""

from cnnmath.verify.campaign.judging import Judge, Key, Record
from cnnmath.verify.campaign.outcome import Campaign, Group
from cnnmath.verify.campaign.run import run

__all__ = ["Campaign", "Group", "Judge", "Key", "Record", "run"]
