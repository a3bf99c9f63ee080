namespace Pricing.Facade.GrpcWeb;

/// <summary>/{package.Service}/{Method}. A first segment with a dot is the full name of a service; REST paths have none there.</summary>
readonly record struct GrpcPath(string Service, string Method)
{
    /// <remarks>Not a route: its pattern would compete with every two-segment path, and take their 404 and 405 away.</remarks>
    public static GrpcPath? Parse(string path) =>
        path.Split('/') is ["", var service, { Length: > 0 } method] && service.Contains('.', StringComparison.Ordinal) ? new(service, method) : null;
}
