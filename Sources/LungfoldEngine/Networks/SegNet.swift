extension NetworkDescription {
    /// SegNet as MATLAB's `segnetLayers([h w 1], classes, depth)` builds it (Badrinarayanan et al.,
    /// doi:10.1109/TPAMI.2016.2644615): every convolution is followed by batch normalisation and
    /// ReLU, the very last one too, and convolution biases stay 0.
    /// - Parameters:
    ///   - classes: classes, background included.
    ///   - depth: encoder stages.
    ///   - filters: filters of every convolution but the last.
    public static func segnet(classes: Int, depth: Int = 3, filters: Int = 64) -> Self {
        var layers: [Layer] = []
        for stage in 1...depth {
            layers += normalizedConvolution("encoder\(stage)", 1, filters)
            layers += normalizedConvolution("encoder\(stage)", 2, filters)
            layers.append(.maxPool(name: "encoder\(stage)_maxpool"))
        }
        for stage in (1...depth).reversed() {
            layers.append(.maxUnpool(pool: "encoder\(stage)_maxpool"))
            layers += normalizedConvolution("decoder\(stage)", 2, filters)
            layers += normalizedConvolution("decoder\(stage)", 1, stage == 1 ? classes : filters)
        }
        return Self(
            name: "segnet", classes: classes, depth: depth, filters: filters, layers: layers)
    }

    private static func normalizedConvolution(_ stage: String, _ number: Int, _ filters: Int)
        -> [Layer]
    {
        [
            .convolution(
                name: "\(stage)_conv\(number)", filters: filters, kernel: 3, trainsBias: false),
            .batchNorm(name: "\(stage)_bn_\(number)"),
            .relu,
        ]
    }
}
