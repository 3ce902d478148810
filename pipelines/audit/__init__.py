"""Learning what is wrong with a data set before training on it.

One pass over every file, in worker processes with limits, then questions
about the set as a whole: duplicates, balance, likely label errors. The entry
is `pipelines.audit.auditing.audit_data`.
"""

# Nothing is imported here: worker processes come through, and must start
# without TensorFlow.
