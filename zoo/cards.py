"""What is known of each model: its paper, cost and published accuracy.

Parameters are the trainable ones; MACs are multiply-adds of convolutions,
dense layers and attention at `input_size` (see `zoo.profile`). The tests
build every model and count.
"""

import dataclasses
from typing import TypeAlias


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """A published accuracy on ImageNet's validation set (or CIFAR-10's test).

    Args:
        top1: Percent, one view of a picture.
        top5: Percent, or None where none was published.
        source: Who published it.
    """

    top1: float
    top5: float | None
    source: str


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """A model's card.

    Args:
        name: As `zoo.create_model` takes it.
        family: The name of the module that builds it, such as `"resnet"`.
        paper: Authors, title and year.
        parameters: Trainable weights, with the published number of classes.
        non_trainable: Moving statistics of BatchNorm.
        macs: Multiply-adds for one picture of `input_size`.
        input_size: Height and width, in pixels.
        accuracy: The published accuracy, or None where there is none.
        weights: The names that `weights=` takes for it, which
            `zoo.model_info` fills in.
    """

    name: str
    family: str
    paper: str
    parameters: int
    non_trainable: int
    macs: int
    input_size: int
    accuracy: Accuracy | None = None
    weights: tuple[str, ...] = ()


_ALEXNET = (
    "Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep "
    "Convolutional Neural Networks, 2012"
)
_OWT = (
    "Krizhevsky, One weird trick for parallelizing convolutional neural "
    "networks, 2014"
)
_RESNET = (
    "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015"
)
_RESNET_V2 = (
    "He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks, 2016"
)
_RESNET_D = (
    "He, Zhang, Zhang, Zhang, Xie and Li, Bag of Tricks for Image "
    "Classification with Convolutional Neural Networks, 2018"
)
_RESNEXT = (
    "Xie, Girshick, Dollár, Tu and He, Aggregated Residual Transformations "
    "for Deep Neural Networks, 2016"
)
_WIDE = "Zagoruyko and Komodakis, Wide Residual Networks, 2016"
_EFFNET = (
    "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional "
    "Neural Networks, 2019"
)
_EFFNET_V2 = (
    "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021"
)
_MOBILENET_V3 = "Howard et al., Searching for MobileNetV3, 2019"
_VIT = (
    "Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for "
    "Image Recognition at Scale, 2020"
)

_BVLC = "Caffe, bvlc_alexnet"
_TV = "torchvision, IMAGENET1K_V1"
_HE = "KaimingHe/deep-residual-networks"
_TIMM_RA2 = "timm, ra2_in1k"
_TIMM_A1H = "timm, a1h_in1k"
_TIMM_TF = "timm, tf_*.in1k"
_TIMM_AA = "timm, tf_*.aa_in1k (AutoAugment)"
_TPU_LITE = "tensorflow/tpu, models/official/efficientnet/lite/README.md"
_TIMM_AUGREG = "timm, augreg_in21k_ft_in1k (ImageNet-21k first)"
_PAPER = "paper, table 6"
_PAPER_MEAN = "paper, table 6, mean"

# Name, paper, trainable weights, moving statistics, MACs, input size.
_Row: TypeAlias = tuple[str, str, int, int, int, int]

# By family, the module that builds it.
_ALEXNETS = (
    ("alexnet", _ALEXNET, 60_965_224, 0, 724_406_816, 227),
    ("alexnet_owt", _OWT, 61_100_840, 0, 714_188_480, 224),
    ("alexnet_cifar", _ALEXNET, 89_578, 0, 12_298_240, 32),
)
_RESNETS = (
    ("resnet18", _RESNET, 11_689_512, 9_600, 1_814_073_344, 224),
    ("resnet18_v1", _RESNET, 11_689_512, 9_600, 1_814_073_344, 224),
    ("resnet18_v2", _RESNET_V2, 11_687_720, 7_808, 1_814_073_344, 224),
    ("resnet18_d", _RESNET_D, 11_708_744, 9_728, 2_053_713_920, 224),
    ("resnet34", _RESNET, 21_797_672, 17_024, 3_663_761_408, 224),
    ("resnet34_v1", _RESNET, 21_797_672, 17_024, 3_663_761_408, 224),
    ("resnet34_v2", _RESNET_V2, 21_795_880, 15_232, 3_663_761_408, 224),
    ("resnet34_d", _RESNET_D, 21_816_904, 17_152, 3_903_401_984, 224),
    ("resnet50", _RESNET, 25_557_032, 53_120, 4_089_184_256, 224),
    ("resnet50_v1", _RESNET, 25_557_032, 53_120, 3_857_973_248, 224),
    ("resnet50_v2", _RESNET_V2, 25_549_352, 45_440, 4_089_184_256, 224),
    ("resnet50_d", _RESNET_D, 25_576_264, 53_248, 4_328_824_832, 224),
    ("resnet101", _RESNET, 44_549_160, 105_344, 7_801_405_440, 224),
    ("resnet101_v1", _RESNET, 44_549_160, 105_344, 7_570_194_432, 224),
    ("resnet101_v2", _RESNET_V2, 44_541_480, 97_664, 7_801_405_440, 224),
    ("resnet101_d", _RESNET_D, 44_568_392, 105_472, 10_501_963_776, 256),
    ("resnet152", _RESNET, 60_192_808, 151_424, 11_513_626_624, 224),
    ("resnet152_v1", _RESNET, 60_192_808, 151_424, 11_282_415_616, 224),
    ("resnet152_v2", _RESNET_V2, 60_185_128, 143_744, 11_513_626_624, 224),
    ("resnet152_d", _RESNET_D, 60_212_040, 151_552, 15_350_579_200, 256),
    ("resnext50_32x4d", _RESNEXT, 25_028_904, 68_224, 4_230_479_872, 224),
    ("resnext101_32x8d", _RESNEXT, 88_791_336, 202_880, 16_414_015_488, 224),
    ("resnext101_64x4d", _RESNEXT, 83_455_272, 202_880, 15_460_270_080, 224),
    ("wide_resnet50_2", _WIDE, 68_883_240, 68_224, 11_398_021_120, 224),
    ("wide_resnet101_2", _WIDE, 126_886_696, 137_856, 22_753_050_624, 224),
    ("resnet20", _RESNET, 269_722, 1_376, 40_551_040, 32),
    ("resnet32", _RESNET, 464_154, 2_272, 68_862_592, 32),
    ("resnet44", _RESNET, 658_586, 3_168, 97_174_144, 32),
    ("resnet56", _RESNET, 853_018, 4_064, 125_485_696, 32),
    ("resnet110", _RESNET, 1_727_962, 8_096, 252_887_680, 32),
)
_EFFNETS = (
    ("efficientnet_b0", _EFFNET, 5_288_548, 42_016, 385_814_752, 224),
    ("efficientnet_b1", _EFFNET, 7_794_184, 62_048, 686_802_832, 240),
    ("efficientnet_b2", _EFFNET, 9_109_994, 67_568, 993_561_872, 260),
    ("efficientnet_b3", _EFFNET, 12_233_232, 87_296, 1_827_141_392, 300),
    ("efficientnet_b4", _EFFNET, 19_341_616, 125_200, 4_393_771_024, 380),
    ("efficientnet_b5", _EFFNET, 30_389_784, 172_736, 10_266_384_752, 456),
    ("efficientnet_b6", _EFFNET, 43_040_704, 224_432, 19_067_593_536, 528),
    ("efficientnet_b7", _EFFNET, 66_347_960, 310_720, 37_745_884_192, 600),
    ("efficientnet_lite0", _EFFNET, 4_652_008, 42_016, 385_187_552, 224),
    ("efficientnet_lite1", _EFFNET, 5_416_680, 53_664, 600_185_232, 240),
    ("efficientnet_lite2", _EFFNET, 6_092_072, 58_096, 859_736_272, 260),
    ("efficientnet_lite3", _EFFNET, 8_197_096, 76_672, 1_383_321_872, 280),
    ("efficientnet_lite4", _EFFNET, 13_006_568, 112_368, 2_553_034_336, 300),
    ("efficientnet_cifar", _EFFNET, 366_976, 9_200, 20_805_632, 32),
)
_EFFNETS_V2 = (
    ("efficientnetv2_b0", _EFFNET_V2, 7_139_704, 60_608, 718_086_176, 224),
    ("efficientnetv2_b1", _EFFNET_V2, 8_141_052, 71_072, 1_196_819_360, 240),
    ("efficientnetv2_b2", _EFFNET_V2, 10_096_086, 82_288, 1_697_542_832, 260),
    ("efficientnetv2_b3", _EFFNET_V2, 14_358_406, 109_216, 3_011_458_816, 300),
    ("efficientnetv2_s", _EFFNET_V2, 21_458_488, 153_872, 8_365_617_152, 384),
    ("efficientnetv2_m", _EFFNET_V2, 54_139_356, 292_032, 24_582_460_384, 480),
    ("efficientnetv2_l", _EFFNET_V2, 118_515_272, 512_576, 56_079_699_008, 480),
)
_MOBILENETS_V3 = (
    ("mobilenetv3_small", _MOBILENET_V3, 2_542_856, 12_112, 56_510_400, 224),
    ("mobilenetv3_large", _MOBILENET_V3, 5_483_032, 24_400, 216_589_760, 224),
    *(
        (name, _MOBILENET_V3, parameters, non_trainable, macs, 224)
        for name, parameters, non_trainable, macs in (
            ("mobilenetv3_small_minimal", 2_044_736, 12_112, 52_288_448),
            ("mobilenetv3_large_minimal", 3_924_288, 24_400, 209_136_704),
        )
    ),
)
_VITS = (
    ("vit_s16", _VIT, 22_050_664, 0, 4_598_882_304, 224),
    ("vit_b16", _VIT, 86_567_656, 0, 17_563_828_224, 224),
)
_FAMILIES: dict[str, tuple[_Row, ...]] = {
    "alexnet": _ALEXNETS,
    "resnet": _RESNETS,
    "efficientnet": _EFFNETS,
    "efficientnetv2": _EFFNETS_V2,
    "mobilenetv3": _MOBILENETS_V3,
    "vit": _VITS,
}

# At the input size above; resnet18 and 34 are the same network as their `_v1`.
_PUBLISHED = {
    "alexnet": Accuracy(57.1, 80.2, _BVLC),
    "alexnet_owt": Accuracy(56.522, 79.066, _TV),
    "resnet18": Accuracy(69.758, 89.078, _TV),
    "resnet18_v1": Accuracy(69.758, 89.078, _TV),
    "resnet18_d": Accuracy(72.296, 90.682, _TIMM_RA2),
    "resnet34": Accuracy(73.314, 91.42, _TV),
    "resnet34_v1": Accuracy(73.314, 91.42, _TV),
    "resnet34_d": Accuracy(77.108, 93.372, _TIMM_RA2),
    "resnet50": Accuracy(76.13, 92.862, _TV),
    "resnet50_v1": Accuracy(75.3, 92.2, _HE),
    "resnet50_v2": Accuracy(80.41, 95.082, _TIMM_A1H),
    "resnet50_d": Accuracy(80.546, 95.16, _TIMM_RA2),
    "resnet101": Accuracy(77.374, 93.546, _TV),
    "resnet101_v1": Accuracy(76.4, 92.9, _HE),
    "resnet101_v2": Accuracy(82.042, 95.866, _TIMM_A1H),
    "resnet101_d": Accuracy(82.254, 96.07, _TIMM_RA2),
    "resnet152": Accuracy(78.312, 94.046, _TV),
    "resnet152_v1": Accuracy(77.0, 93.3, _HE),
    "resnet152_d": Accuracy(83.16, 96.37, _TIMM_RA2),
    "resnext50_32x4d": Accuracy(77.618, 93.698, _TV),
    "resnext101_32x8d": Accuracy(79.312, 94.526, _TV),
    "resnext101_64x4d": Accuracy(83.246, 96.454, _TV),
    "wide_resnet50_2": Accuracy(78.468, 94.086, _TV),
    "wide_resnet101_2": Accuracy(78.848, 94.284, _TV),
    "resnet20": Accuracy(91.25, None, _PAPER),
    "resnet32": Accuracy(92.49, None, _PAPER),
    "resnet44": Accuracy(92.83, None, _PAPER),
    "resnet56": Accuracy(93.03, None, _PAPER),
    "resnet110": Accuracy(93.39, None, _PAPER_MEAN),
    "efficientnet_b0": Accuracy(76.542, 93.008, _TIMM_TF),
    "efficientnet_b1": Accuracy(78.546, 94.096, _TIMM_TF),
    "efficientnet_b2": Accuracy(79.612, 94.714, _TIMM_TF),
    "efficientnet_b3": Accuracy(80.878, 95.308, _TIMM_TF),
    "efficientnet_b4": Accuracy(82.598, 96.132, _TIMM_TF),
    "efficientnet_b5": Accuracy(83.17, 96.534, _TIMM_TF),
    "efficientnet_b6": Accuracy(84.124, 96.89, _TIMM_AA),
    "efficientnet_b7": Accuracy(84.424, 96.908, _TIMM_AA),
    "efficientnet_lite0": Accuracy(75.1, None, _TPU_LITE),
    "efficientnet_lite1": Accuracy(76.7, None, _TPU_LITE),
    "efficientnet_lite2": Accuracy(77.6, None, _TPU_LITE),
    "efficientnet_lite3": Accuracy(79.8, None, _TPU_LITE),
    "efficientnet_lite4": Accuracy(81.5, None, _TPU_LITE),
    "efficientnetv2_b0": Accuracy(78.386, 94.034, _TIMM_TF),
    "efficientnetv2_b1": Accuracy(79.518, 94.71, _TIMM_TF),
    "efficientnetv2_b2": Accuracy(80.226, 95.01, _TIMM_TF),
    "efficientnetv2_b3": Accuracy(81.96, 95.78, _TIMM_TF),
    "efficientnetv2_s": Accuracy(83.9, 96.702, _TIMM_TF),
    "efficientnetv2_m": Accuracy(85.208, 97.358, _TIMM_TF),
    "efficientnetv2_l": Accuracy(85.66, 97.472, _TIMM_TF),
    "mobilenetv3_small": Accuracy(67.922, 87.686, _TIMM_TF),
    "mobilenetv3_large": Accuracy(75.51, 92.6, _TIMM_TF),
    "mobilenetv3_small_minimal": Accuracy(62.89, 84.24, _TIMM_TF),
    "mobilenetv3_large_minimal": Accuracy(72.258, 90.638, _TIMM_TF),
    "vit_s16": Accuracy(81.402, 96.15, _TIMM_AUGREG),
    "vit_b16": Accuracy(84.534, 97.3, _TIMM_AUGREG),
}


def _card(family: str, name: str, paper: str, *numbers: int) -> ModelInfo:
    parameters, non_trainable, macs, input_size = numbers
    return ModelInfo(
        name=name,
        family=family,
        paper=paper,
        parameters=parameters,
        non_trainable=non_trainable,
        macs=macs,
        input_size=input_size,
        accuracy=_PUBLISHED.get(name),
    )


CARDS: dict[str, ModelInfo] = {
    row[0]: _card(family, *row)
    for family, rows in _FAMILIES.items()
    for row in rows
}
