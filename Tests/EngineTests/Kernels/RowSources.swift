import CLungfoldKernels

/// The forms in which a kernel may find its input.
enum RowForm: CaseIterable, Sendable {
    case plain, normalised, gradient
    case unpooled, unpooledNormalised, unpooledGradient
    case concatenated, concatenatedNormalised

    var isUnpooled: Bool {
        [.unpooled, .unpooledNormalised, .unpooledGradient].contains(self)
    }
}

/// Rows as a kernel gets them, and what they deliver.
struct Rows {
    let pointer: UnsafePointer<lf_rows>
    let delivered: Maps
    let lanes: Lanes
}

extension Bench {
    /// Rows of random values in some form; heights and widths of unpooled ones are even.
    func rows(
        _ form: RowForm, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int,
        using draw: inout Draw
    ) -> Rows {
        let fill = { (draw: inout Draw, h: Int, w: Int) in
            Maps(batch, h, w, channels) { draw.uniform() }
        }
        switch form {
        case .plain: return plainRows(fill(&draw, height, width))
        case .normalised:
            return normalisedRows(fill(&draw, height, width), codes: nil, using: &draw)
        case .gradient: return gradientRows(fill(&draw, height, width), codes: nil, using: &draw)
        case .unpooled, .unpooledNormalised, .unpooledGradient:
            let small = fill(&draw, height / 2, width / 2)
            let codes = small.values.map { _ in UInt8.random(in: 0..<4, using: &draw) }
            switch form {
            case .unpooled: return plainRows(small, codes: codes)
            case .unpooledNormalised: return normalisedRows(small, codes: codes, using: &draw)
            default: return gradientRows(small, codes: codes, using: &draw)
            }
        case .concatenated, .concatenatedNormalised:
            let first = plainRows(fill(&draw, height, width))
            let second = Maps(batch, height, width, 3) { draw.uniform() }
            return concatenated(
                first,
                form == .concatenated
                    ? plainRows(second) : normalisedRows(second, codes: nil, using: &draw))
        }
    }

    func plainRows(_ maps: Maps, codes: [UInt8]? = nil) -> Rows {
        finish(lf_rows(), LF_ROWS_PLAIN, maps, codes, codes.map { unpooled(maps, $0) } ?? maps)
    }

    /// An image of one channel, without padding lanes.
    func imageRows(_ maps: Maps) -> Rows {
        var rows = lf_rows()
        rows.height = Int32(maps.height)
        rows.width = Int32(maps.width)
        rows.channels = 1
        rows.data = UnsafePointer(buffer(maps.values.map { Float($0) }))
        return Rows(pointer: place(rows), delivered: maps, lanes: Lanes(1))
    }

    private func normalisedRows(_ maps: Maps, codes: [UInt8]?, using draw: inout Draw) -> Rows {
        let scale = (0..<maps.channels).map { _ in Double(Float(draw.uniform())) }
        let shift = (0..<maps.channels).map { _ in Double(Float(draw.uniform())) }
        var rows = lf_rows()
        rows.scale = UnsafePointer(vector(scale))
        rows.shift = UnsafePointer(vector(shift))
        let made = maps.mapPlaces { n, y, x, c in max(maps[n, y, x, c] * scale[c] + shift[c], 0) }
        return finish(
            rows, LF_ROWS_NORMALISED, maps, codes, codes.map { unpooled(made, $0) } ?? made)
    }

    private func gradientRows(_ maps: Maps, codes: [UInt8]?, using draw: inout Draw) -> Rows {
        let large = codes.map { unpooled(maps, $0) } ?? maps
        let vectors = (0..<3).map { _ in
            (0..<maps.channels).map { _ in Double(Float(draw.uniform())) }
        }
        let y = Maps(large.batch, large.height, large.width, large.channels) { draw.uniform() }
        var rows = lf_rows()
        rows.scale = UnsafePointer(vector(vectors[0]))
        rows.k0 = UnsafePointer(vector(vectors[1]))
        rows.k1 = UnsafePointer(vector(vectors[2]))
        rows.y = UnsafePointer(pack(y))
        let made = large.mapPlaces { n, row, x, c in
            vectors[0][c] * large[n, row, x, c] + vectors[1][c] + vectors[2][c] * y[n, row, x, c]
        }
        return finish(rows, LF_ROWS_GRADIENT, maps, codes, made)
    }

    private func concatenated(_ first: Rows, _ second: Rows) -> Rows {
        var rows = first.pointer.pointee
        rows.beside = second.pointer
        return Rows(
            pointer: place(rows), delivered: first.delivered.concatenated(second.delivered),
            lanes: Lanes(first.delivered.channels, second.delivered.channels))
    }

    private func finish(
        _ start: lf_rows, _ kind: Int, _ maps: Maps, _ codes: [UInt8]?, _ delivered: Maps
    ) -> Rows {
        var rows = start
        rows.kind = Int32(kind)
        rows.height = Int32(delivered.height)
        rows.width = Int32(delivered.width)
        rows.channels = Int32(Lanes.pad(maps.channels))
        rows.data = UnsafePointer(pack(maps))
        rows.codes = codes.map { UnsafePointer(pack(codes: $0, of: maps)) }
        return Rows(pointer: place(rows), delivered: delivered, lanes: Lanes(maps.channels))
    }

    /// A byte a channel, 0 in the padding lanes.
    func pack(codes: [UInt8], of maps: Maps) -> UnsafeMutablePointer<UInt8> {
        let padded = Lanes.pad(maps.channels)
        let memory = buffer(codes.count / maps.channels * padded, of: UInt8(0))
        for (index, code) in codes.enumerated() {
            memory[index / maps.channels * padded + index % maps.channels] = code
        }
        return memory
    }
}

/// Each value at the coded place of its 2x2, zeros elsewhere.
func unpooled(_ small: Maps, _ codes: [UInt8]) -> Maps {
    var large = Maps(small.batch, 2 * small.height, 2 * small.width, small.channels)
    for (index, code) in codes.enumerated() {
        let at = small.place(index)
        large[at.n, 2 * at.y + Int(code) / 2, 2 * at.x + Int(code) % 2, at.c] = small.values[index]
    }
    return large
}
