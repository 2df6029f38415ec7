/// What one request's body takes of the memory for bodies that are read whole; given back with the request.
struct BodyShare: ~Copyable {
    private let budget: ByteBudget
    private var bytes = 0

    init(of budget: ByteBudget) { self.budget = budget }

    deinit { budget.giveBack(bytes) }

    mutating func take(_ count: Int) throws(RequestRefusal) {
        guard budget.take(count) else {
            throw .busy("too many bodies are on their way (limits.json_bodies_in_all); send the same again")
        }
        bytes += count
    }
}
