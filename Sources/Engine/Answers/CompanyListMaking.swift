import UsageModel

/// Makes a list of companies on the writer's thread, between lines, and answers with it.
///
/// One piece posts the next: by way of the caller's task each would wait for a processor twice. Nobody sees a row before
/// all that the pieces saw is durable.
struct CompanyListMaking: Sendable {
    let mailbox: Mailbox
    /// Called once.
    let answer: @Sendable (Result<JSON, QuestionError>) -> Void

    func begin(_ query: CompaniesQuery) {
        post { (writer) throws(QuestionError) in proceed(try CompanyList(writer: writer, query: query)) }
    }

    private func proceed(_ list: CompanyList) {
        if list.addPiece() {
            post { _ in proceed(list) }
        } else {
            post { (writer) throws(QuestionError) in
                let json = try list.json()
                writer.whenDurable { answer(.success(json)) }
            }
        }
    }

    private func post(_ step: @escaping @Sendable (Writer) throws(QuestionError) -> Void) {
        let isPosted = mailbox.post { writer in
            do throws(QuestionError) {
                try step(writer)
            } catch {
                writer.whenDurable { answer(.failure(error)) }
            }
        }
        if !isPosted { answer(.failure(.stopping)) }
    }
}
