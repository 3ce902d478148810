"""What `data` may be, in one sentence for every command and message.

Nothing is imported here: `--help` reads it.
"""

DATA_HELP = (
    "A folder with one sub-folder of pictures for each class, or with such "
    "folders in train/ and val/ (or validation/, valid/, test/); a CSV table "
    "path,label[,split]; a folder of packed shards, or of TFRecord files with "
    "image/encoded and image/class/label; 'herbarium', the built-in set; or "
    "'tfds:NAME[:SPLIT]' of TensorFlow Datasets."
)
