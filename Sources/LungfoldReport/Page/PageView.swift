/// What the page's templates show.
struct PageView {
    struct Entry {
        let id: String
        let title: String
    }

    struct Fact {
        let name: String
        let value: String
    }

    struct Figure {
        let id: String
        /// `plot`, `wide` or `small`, for the style sheet.
        let kind: String
        /// An SVG element, an image with its bytes in it, or the reason why there is none.
        let picture: String
        let caption: String
    }

    /// A piece of a section: HTML that is made elsewhere, then figures.
    struct Block {
        var entry: Entry?
        var html = ""
        var figures: [Figure] = []
    }

    struct Section {
        let id: String
        let title: String
        var paragraphs: [String] = []
        var facts: [Fact] = []
        /// The page with hosts and times, for the section that links to it.
        var account: String?
        var command: String?
        var listTitle = ""
        var list: [String] = []
        var blocks: [Block] = []
        /// The section's lines in the table of contents.
        var entries: [Entry] = []
        var hasFacts: Bool
        var hasList: Bool
        var hasEntries: Bool

        init(
            id: String, title: String, paragraphs: [String] = [], facts: [Fact] = [],
            account: String? = nil, command: String? = nil, listTitle: String = "",
            list: [String] = [],
            blocks: [Block] = []
        ) {
            self.id = id
            self.title = title
            self.paragraphs = paragraphs
            self.facts = facts
            self.account = account
            self.command = command
            self.listTitle = listTitle
            self.list = list
            self.blocks = blocks
            entries = blocks.compactMap(\.entry)
            hasFacts = !facts.isEmpty
            hasList = !list.isEmpty
            hasEntries = !entries.isEmpty
        }
    }

    let title: String
    let style: String
    let script: String
    let state: String
    let failures: [Fact]
    let hasFailures: Bool
    let sections: [Section]
    let footer: String
}
