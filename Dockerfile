# The commands of keras-zoo, for a CPU or, with CUDA's libraries, for a GPU:
#
#     docker build --tag keras-zoo .
#     docker build --tag keras-zoo:gpu --build-arg EXTRAS=imagenet,gpu .
#     docker run --rm --volume "$PWD:/work" keras-zoo finetune photos/
#
# A GPU also needs `docker run --gpus=all`, and the driver on the host.
ARG PYTHON=3.12
FROM python:${PYTHON}-slim

# Of setup.cfg. What TensorFlow needs of CUDA comes as Python packages.
ARG EXTRAS=imagenet

WORKDIR /source
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY zoo zoo
COPY pipelines pipelines
COPY apps apps
RUN pip install --no-cache-dir ".[${EXTRAS}]" && rm -rf /source/*

# Not root: what is written into /work belongs to whom it should. Another one:
# `docker run --user "$(id -u):$(id -g)"`.
RUN useradd --create-home --uid 1000 zoo
ENV HOME=/home/zoo NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
USER zoo
WORKDIR /work
ENTRYPOINT ["zoo"]
