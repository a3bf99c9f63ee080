using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pricing.Catalog.V1;
using Pricing.Facade.OpenApi;
using Pricing.Facade.Upstream;

namespace Pricing.Facade.Rest;

/// <summary>What can be asked for: the processes, materials, finishes and lead times of the active price list.</summary>
static class ProcessEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/processes", ListAsync).WithMetadata(CatalogOperations.ListProcesses);

    static async Task<IResult> ListAsync(HttpContext http, PriceListService.PriceListServiceClient lists, UnaryCalls calls) =>
        new ProtoResult(await calls.RunAsync(http, call => lists.ListProcessesAsync(new ListProcessesRequest(), call)));
}
