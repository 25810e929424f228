"""SegNet and U-Net in PyTorch, tensor for tensor named as in Lungfold's weight files.

The yardstick of Lungfold's engine: make-fixtures takes numbers from it, bench-pytorch times it.
"""
import torch
from torch import nn
from torch.nn import functional as F


class SegNet(nn.Module):
    """MATLAB's segnetLayers([h w 1], classes, depth): BatchNorm and ReLU after every convolution,
    the last one too; convolution biases fixed at 0."""

    def __init__(self, classes, depth=3, filters=64):
        super().__init__()
        self.depth = depth
        inputs = 1
        for stage in range(1, depth + 1):
            for number in (1, 2):
                self._add(f"encoder{stage}", number, inputs, filters)
                inputs = filters
        for stage in range(depth, 0, -1):
            self._add(f"decoder{stage}", 2, filters, filters)
            self._add(f"decoder{stage}", 1, filters, classes if stage == 1 else filters)

    def _add(self, stage, number, inputs, outputs):
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        convolution.bias.requires_grad_(False)
        self.add_module(f"{stage}_conv{number}", convolution)
        self.add_module(f"{stage}_bn_{number}", nn.BatchNorm2d(outputs, eps=1e-5))

    def _apply_stage(self, stage, number, x):
        x = self.get_submodule(f"{stage}_conv{number}")(x)
        return F.relu(self.get_submodule(f"{stage}_bn_{number}")(x))

    def forward(self, x):
        places = []
        for stage in range(1, self.depth + 1):
            for number in (1, 2):
                x = self._apply_stage(f"encoder{stage}", number, x)
            x, indices = F.max_pool2d(x, 2, return_indices=True)
            places.append(indices)
        for stage in range(self.depth, 0, -1):
            x = F.max_unpool2d(x, places.pop(), 2)
            for number in (2, 1):
                x = self._apply_stage(f"decoder{stage}", number, x)
        return x


class UNet(nn.Module):
    """MATLAB's unetLayers([h w 1], classes, 'EncoderDepth', depth): filters double a stage; dropout
    after the last encoder stage (on the way down only) and after the bridge."""

    def __init__(self, classes, depth=3, filters=64, dropout=0.5):
        super().__init__()
        self.depth = depth
        self.dropout = dropout
        inputs = 1
        for stage in range(1, depth + 1):
            inputs = self._add(f"encoder{stage}", inputs, filters << (stage - 1))
        inputs = self._add("bridge", inputs, filters << depth)
        for stage in range(depth, 0, -1):
            width = filters << (stage - 1)
            self.add_module(f"decoder{stage}_upconv", nn.ConvTranspose2d(inputs, width, 2, stride=2))
            inputs = self._add(f"decoder{stage}", 2 * width, width)
        self.final_conv = nn.Conv2d(inputs, classes, 1)

    def _add(self, stage, inputs, filters):
        self.add_module(f"{stage}_conv1", nn.Conv2d(inputs, filters, 3, padding=1))
        self.add_module(f"{stage}_conv2", nn.Conv2d(filters, filters, 3, padding=1))
        return filters

    def _apply_stage(self, stage, x):
        for number in (1, 2):
            x = F.relu(self.get_submodule(f"{stage}_conv{number}")(x))
        return x

    def forward(self, x):
        skips = []
        for stage in range(1, self.depth + 1):
            x = self._apply_stage(f"encoder{stage}", x)
            skips.append(x)
            if stage == self.depth:
                x = F.dropout(x, self.dropout, self.training)
            x = F.max_pool2d(x, 2)
        x = F.dropout(self._apply_stage("bridge", x), self.dropout, self.training)
        for stage in range(self.depth, 0, -1):
            x = F.relu(self.get_submodule(f"decoder{stage}_upconv")(x))
            x = self._apply_stage(f"decoder{stage}", torch.cat([x, skips.pop()], dim=1))
        return self.final_conv(x)


def make(network, classes, depth=3, filters=64, dropout=0.5):
    """The network of a name, He-initialised from torch's global generator."""
    if network == "segnet":
        model = SegNet(classes, depth, filters)
    elif network == "unet":
        model = UNet(classes, depth, filters, dropout)
    else:
        raise ValueError(f"network '{network}' is neither segnet nor unet")
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            rows, columns = module.kernel_size
            fan_in = rows * columns * module.in_channels
            nn.init.normal_(module.weight, std=(2 / fan_in) ** 0.5)
            nn.init.zeros_(module.bias)
    return model


def make_adam(model, learning_rate, l2=1e-4):
    """Adam with MATLAB's factors: coupled L2 on all but biases of convolutions, twice the learning
    rate for biases of transposed convolutions."""
    weights, biases, doubled = [], [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.requires_grad:
                continue
            if isinstance(module, nn.BatchNorm2d) or name == "weight":
                weights.append(parameter)
            elif isinstance(module, nn.ConvTranspose2d):
                doubled.append(parameter)
            else:
                biases.append(parameter)
    groups = [
        {"params": weights, "weight_decay": l2},
        {"params": biases, "weight_decay": 0.0},
        {"params": doubled, "weight_decay": 0.0, "lr": 2 * learning_rate},
    ]
    return torch.optim.Adam(
        [group for group in groups if group["params"]], lr=learning_rate, betas=(0.9, 0.999), eps=1e-8)


def set_learning_rate(optimiser, learning_rate):
    """Sets a new base learning rate and keeps the factors of make_adam."""
    previous = optimiser.param_groups[0]["lr"]
    for group in optimiser.param_groups:
        group["lr"] *= learning_rate / previous
