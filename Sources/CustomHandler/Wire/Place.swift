/// A position in a handler's result, such as `Outputs.res.headers["x"]`. Its text is made only when an error names it.
struct Place: Equatable {
    private enum Root: Equatable {
        case returnValue
        case output(String)
    }

    private enum Step: Equatable {
        case member(String)
        case key(String)
        case element(Int)
    }

    private let root: Root
    private var steps: (Step?, Step?, Step?) = (nil, nil, nil)

    private init(_ root: Root) { self.root = root }

    static let returnValue = Place(.returnValue)
    static func output(_ name: String) -> Place { Place(.output(name)) }

    func member(_ name: String) -> Place { appending(.member(name)) }
    func key(_ name: String) -> Place { appending(.key(name)) }
    /// - Parameter position: counted from 1.
    func element(_ position: Int) -> Place { appending(.element(position)) }

    private func appending(_ step: Step) -> Place {
        var place = self
        switch steps {
        case (nil, _, _): place.steps.0 = step
        case (_, nil, _): place.steps.1 = step
        default: place.steps.2 = step
        }
        return place
    }

    static func == (first: Place, second: Place) -> Bool { first.root == second.root && first.steps == second.steps }
}

extension Place: CustomStringConvertible {
    var description: String {
        var text = if case .output(let name) = root { "Outputs.\(name)" } else { "ReturnValue" }
        for case let step? in [steps.0, steps.1, steps.2] {
            switch step {
            case .member(let name): text += ".\(name)"
            case .key(let name): text += "[\"\(name)\"]"
            case .element(let position): text += "[\(position)]"
            }
        }
        return text
    }
}
