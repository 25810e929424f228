/// gnuplot's SVG as an element of the page.
enum SVGFigure {
    /// The element: without the file's prologue, black in the page's own text colour, and its ids made
    /// unique by the plot's name.
    static func element(_ file: String, plot: Plot) -> String {
        guard let start = file.firstRange(of: "<svg"), let end = file.firstRange(of: "</svg>")
        else {
            return ""
        }
        var svg = String(file[start.lowerBound..<end.upperBound])
        for (old, new) in [
            (" xmlns=\"http://www.w3.org/2000/svg\"", ""),
            (" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", ""), ("xlink:href=", "href="),
            ("id=\"", "id=\"\(plot.name)-"), ("id='", "id='\(plot.name)-"),
            ("href='#", "href='#\(plot.name)-"), ("url(#", "url(#\(plot.name)-"),
            // Marks take their colour from it, which must stay the page's where it is black.
            (" color=\"black\"", ""), (" color=\"white\"", " color=\"transparent\""),
            ("stroke=\"black\"", "stroke=\"currentColor\""),
            ("stroke='black'", "stroke='currentColor'"), ("fill='black'", "fill='currentColor'"),
            ("fill=\"black\"", "fill=\"currentColor\""), ("rgb(  0,   0,   0)", "currentColor"),
            ("fill = 'rgb(  0,   0,   0)'", "fill = 'currentColor'"),
        ] {
            svg = svg.replacing(old, with: new)
        }
        // gnuplot's own words for who cannot see it are ours.
        if let from = svg.firstRange(of: "<title>"), let to = svg.firstRange(of: "</title>") {
            svg.removeSubrange(from.lowerBound..<to.upperBound)
        }
        if let from = svg.firstRange(of: "<desc>"), let to = svg.firstRange(of: "</desc>") {
            svg.removeSubrange(from.lowerBound..<to.upperBound)
        }
        return svg.replacing(
            "<svg",
            with:
                "<svg style=\"width:\(plot.width)px\" role=\"img\" aria-label=\"\(escapedHTML(plot.alternative))\"",
            maxReplacements: 1)
    }
}
