import FunctionsModel
import JSON

extension Function {
    var outputBindings: [OutputBinding] { bindings.filter(\.isOutput).map { OutputBinding($0) } }

    var triggerBinding: TriggerBinding {
        TriggerBinding(
            function: name, name: trigger?.name ?? "",
            isBinary: trigger?.dataType == "binary", isMany: trigger?.isMany ?? false,
            eventHubName: trigger?.tree.member(anyCase: "eventHubName")?.string ?? "")
    }
}
