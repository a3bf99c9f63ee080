using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Pricing.Catalog.V1;
using Pricing.Quoting.V1;

namespace Pricing.Facade.GrpcWeb;

/// <summary>What may be called from outside: these services and nothing else. Nodes and operations have no entry here, whatever the coordinator offers.</summary>
static class PublicMethods
{
    static readonly FileDescriptor[] Files = [QuoteReflection.Descriptor, PreviewReflection.Descriptor, ModelReflection.Descriptor, PriceListReflection.Descriptor];

    static readonly FrozenDictionary<string, FrozenDictionary<string, MethodDescriptor>> Services = Files
        .SelectMany(file => file.Services)
        .ToFrozenDictionary(service => service.FullName, service => service.Methods.ToFrozenDictionary(method => method.Name));

    public static bool HasService(string service) => Services.ContainsKey(service);

    public static MethodDescriptor? Find(string service, string method) =>
        Services.GetValueOrDefault(service)?.GetValueOrDefault(method);
}
