import LungfoldEngine
import Testing

@Suite("gradients are those of the loss") struct CentralDifferenceTests {
    /// Against the definition in double precision, whose loss is differenced: h is small enough that
    /// no ReLU and no pool changes its mind.
    @Test(
        "every layer, by central differences", arguments: TestNetworks.all, Convolution.allCases)
    func gradients(_ network: NetworkDescription, _ convolution: Convolution) throws {
        let batch = TestBatch(network, 2, 8, 12)
        let engine = try batch.engine(network, options: EngineOptions(convolution: convolution))
        let made = engine.gradients(images: batch.floats, labels: batch.labels, dropoutKey: 99)
        var naive = NaiveNetwork(
            description: network, parameters: engine.weights().tensors, dropoutKey: 99)
        let logits = naive.logits(batch.images)
        expectEqual(made.logits.map { Double($0) }, logits.values, relative: 3e-5, "logits")
        func loss() -> Double {
            naive.loss(batch.images, batch.labels, classWeights: batch.classWeights)
        }
        let expected = loss()
        #expect(abs(made.loss - expected) <= 1e-5 * expected)
        let h = 1e-6
        for tensor in network.parameters where tensor.isTrainable {
            let gradient = try #require(made.gradients[tensor.name]).values
            let largest = gradient.reduce(0) { max($0, abs($1)) }
            for index in stride(from: 0, to: tensor.count, by: max(tensor.count / 10, 1)) {
                naive.nudge = (tensor.name, index, h)
                let above = loss()
                naive.nudge = (tensor.name, index, -h)
                let difference = (above - loss()) / (2 * h)
                #expect(
                    abs(Double(gradient[index]) - difference) <= 1e-4 * Double(largest) + 1e-7,
                    """
                    \(network.name), \(tensor.name)[\(index)]: \(gradient[index]), \
                    not \(difference)
                    """)
            }
        }
    }

    @Test("inference agrees with the definition", arguments: Convolution.allCases)
    func inference(_ convolution: Convolution) throws {
        // Without BatchNorm and dropout, training and inference are the same.
        let network = TestNetworks.plainPooledSkip
        let batch = TestBatch(network, 2, 8, 12)
        let engine = try InferenceEngine(
            network, batch: 2, height: 8, width: 12,
            options: EngineOptions(convolution: convolution)
        )
        let weights = network.randomWeights()
        try engine.load(weights)
        let score = engine.score(
            images: batch.floats, labels: batch.labels,
            classWeights: batch.classWeights.map { Float($0) })
        let naive = NaiveNetwork(description: network, parameters: weights.tensors)
        let loss = naive.loss(batch.images, batch.labels, classWeights: batch.classWeights)
        #expect(abs(score.weightedLoss / score.weight - loss) <= 1e-5 * loss)
    }

    /// Population statistics of one mini-batch are that mini-batch's own: inference with them is
    /// training's forward pass.
    @Test(
        "a normalised network infers as it trained",
        arguments: [TestNetworks.bottleneck, TestNetworks.normalisedUNet, TestNetworks.pooledSkip])
    func population(_ network: NetworkDescription) throws {
        let batch = TestBatch(network, 2, 8, 12)
        let trainer = try batch.engine(network)
        trainer.beginPopulationStatistics()
        trainer.accumulatePopulationStatistics(images: batch.floats)
        trainer.accumulatePopulationStatistics(images: batch.floats)
        trainer.finishPopulationStatistics()
        let engine = try InferenceEngine(network, batch: 2, height: 8, width: 12)
        try engine.load(trainer.weights())
        let score = engine.score(
            images: batch.floats, labels: batch.labels,
            classWeights: batch.classWeights.map { Float($0) })
        let loss = trainer.gradients(images: batch.floats, labels: batch.labels, dropoutKey: 0).loss
        #expect(abs(score.weightedLoss / score.weight - loss) <= 1e-5 * loss)
    }
}

extension NetworkDescription: CustomTestStringConvertible {
    /// What test reports call it.
    public var testDescription: String { name }
}
