import UsageModel

/// Makes a list of companies on the writer's thread, between lines, and answers with it.
///
/// One piece posts the next: by way of the caller's task each would wait for a processor twice. Pieces need no commit
/// before them, since nobody sees a row before the last step, which has one: by then all that they saw is durable.
struct CompanyListMaking: Sendable {
    let mailbox: Mailbox
    /// Called once.
    let answer: @Sendable (Result<JSON, QuestionError>) -> Void

    func begin(_ query: CompaniesQuery) {
        post(isAnswer: false) { (writer) throws(QuestionError) in
            proceed(try CompanyList(writer: writer, query: query))
        }
    }

    private func proceed(_ list: CompanyList) {
        if list.addPiece() {
            post(isAnswer: false) { _ in proceed(list) }
        } else {
            post(isAnswer: true) { (_) throws(QuestionError) in answer(.success(try list.json())) }
        }
    }

    private func post(isAnswer: Bool, _ step: @escaping @Sendable (Writer) throws(QuestionError) -> Void) {
        let isPosted = mailbox.post(
            Mailbox.Job(isAnswer: isAnswer) { writer in
                do throws(QuestionError) {
                    try step(writer)
                } catch {
                    answer(.failure(error))
                }
            })
        if !isPosted { answer(.failure(.stopping)) }
    }
}
