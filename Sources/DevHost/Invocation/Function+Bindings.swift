import CustomHandler
import Lua

extension Function {
    var outputBindings: [OutputBinding] {
        bindings.filter(\.isOutput).map { OutputBinding(name: $0.name, type: $0.type, dataType: $0.dataType) }
    }

    var triggerBinding: TriggerBinding {
        TriggerBinding(
            function: name, type: trigger?.type ?? "", name: trigger?.name ?? "",
            isBinary: trigger?.dataType == "binary", isMany: trigger?.isMany ?? false,
            eventHubName: trigger?.tree.member(anyCase: "eventHubName")?.string ?? "")
    }
}
