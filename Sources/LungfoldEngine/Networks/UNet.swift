extension NetworkDescription {
    /// U-Net as MATLAB's `unetLayers([h w 1], classes, 'EncoderDepth', depth)` builds it
    /// (Ronneberger et al., doi:10.1007/978-3-319-24574-4_28): filters double with every stage.
    ///
    /// The last encoder stage's dropout stands on the way down only: the concatenation takes what
    /// went into it. So has `unetLayers`, whose exported graphs connect `Encoder-Stage-N-ReLU-2`
    /// both to `Encoder-Stage-N-DropOut` and to `Decoder-Stage-1-DepthConcatenation/in2`.
    /// - Parameters:
    ///   - classes: classes, background included.
    ///   - depth: encoder stages.
    ///   - filters: filters of the first stage.
    ///   - dropout: the probability with which a value is dropped after the last encoder stage and
    ///     after the bridge.
    public static func unet(
        classes: Int, depth: Int = 3, filters: Int = 64, dropout: Double = 0.5
    ) -> Self {
        var layers: [Layer] = []
        for stage in 1...depth {
            layers += twoConvolutions("encoder\(stage)", filters << (stage - 1))
            layers.append(.save(name: "encoder\(stage)"))
            if stage == depth {
                layers.append(.dropout(name: "encoder\(stage)_dropout", probability: dropout))
            }
            layers.append(.maxPool(name: "encoder\(stage)_maxpool"))
        }
        layers += twoConvolutions("bridge", filters << depth)
        layers.append(.dropout(name: "bridge_dropout", probability: dropout))
        for stage in (1...depth).reversed() {
            let width = filters << (stage - 1)
            layers.append(.transposedConvolution(name: "decoder\(stage)_upconv", filters: width))
            layers += [.relu, .concatenate(saved: "encoder\(stage)")]
            layers += twoConvolutions("decoder\(stage)", width)
        }
        layers.append(
            .convolution(name: "final_conv", filters: classes, kernel: 1, trainsBias: true))
        return Self(name: "unet", classes: classes, depth: depth, filters: filters, layers: layers)
    }

    private static func twoConvolutions(_ stage: String, _ filters: Int) -> [Layer] {
        (1...2).flatMap { number -> [Layer] in
            [
                .convolution(
                    name: "\(stage)_conv\(number)", filters: filters, kernel: 3, trainsBias: true),
                .relu,
            ]
        }
    }
}
