import Mustache

/// The page's templates, part of the program so that it can be moved anywhere.
enum PageTemplate {
    /// Renders the page.
    /// - Throws: an error of Mustache's for a template that is none.
    static func render(_ page: PageView) throws -> String {
        let library = MustacheLibrary(templates: [
            "page": try MustacheTemplate(string: Self.page),
            "figure": try MustacheTemplate(string: figure),
        ])
        return library.render(page, withTemplate: "page") ?? ""
    }

    /// No request may leave the page, whatever is in it: the policy forbids it.
    private static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <link rel="icon" href="data:,">
        <title>{{title}}</title>
        <style>
        {{{style}}}</style>
        </head>
        <body>
        <a class="skip" href="#content">Skip the contents</a>
        <nav aria-label="Contents">
        <p class="brand">Lungfold</p>
        <ol>
        {{#sections}}
        <li><a href="#{{id}}">{{title}}</a>{{#hasEntries}}
        <ol>
        {{#entries}}
        <li><a href="#{{id}}">{{title}}</a></li>
        {{/entries}}
        </ol>{{/hasEntries}}</li>
        {{/sections}}
        </ol>
        </nav>
        <main id="content">
        <h1>{{title}}</h1>
        <p class="state">{{state}}</p>
        {{#hasFailures}}
        <ul class="failures">
        {{#failures}}
        <li><code>{{name}}</code>: {{value}}</li>
        {{/failures}}
        </ul>
        {{/hasFailures}}
        {{#sections}}
        <section id="{{id}}">
        <h2>{{title}}</h2>
        {{#paragraphs}}
        <p>{{.}}</p>
        {{/paragraphs}}
        {{#hasFacts}}
        <dl>
        {{#facts}}
        <dt>{{name}}</dt><dd>{{value}}</dd>
        {{/facts}}
        </dl>
        {{/hasFacts}}
        {{#account}}
        <p><a href="{{.}}">Hosts, threads, versions and times</a> are in a second file beside this one,
        <code>{{.}}</code>: take both along. On one kind of CPU this page is the
        same, byte for byte, on however many ranks and hosts its study runs.</p>
        {{/account}}
        {{#command}}
        <h3>The command that repeats it</h3>
        <pre>{{.}}</pre>
        {{/command}}
        {{#hasList}}
        <h3>{{listTitle}}</h3>
        <ul>
        {{#list}}
        <li>{{.}}</li>
        {{/list}}
        </ul>
        {{/hasList}}
        {{#blocks}}
        {{{html}}}
        {{#figures}}
        {{> figure}}
        {{/figures}}
        {{/blocks}}
        </section>
        {{/sections}}
        <footer><p>{{footer}}</p></footer>
        </main>
        <script>
        {{{script}}}</script>
        </body>
        </html>

        """

    private static let figure = """
        <figure id="{{id}}" class="{{kind}}">
        {{{picture}}}
        <figcaption>{{caption}}</figcaption>
        </figure>

        """
}
