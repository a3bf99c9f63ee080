using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Pricing.Facade.GrpcWeb;

/// <summary>A path segment with a dot is the full name of a service; REST paths have none there.</summary>
sealed class GrpcServiceConstraint : IRouteConstraint
{
    public const string Name = "grpcService";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        Convert.ToString(values[routeKey], CultureInfo.InvariantCulture) is { } service && service.Contains('.', StringComparison.Ordinal);
}
