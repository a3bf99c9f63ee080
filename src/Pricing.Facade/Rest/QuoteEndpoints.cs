using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pricing.Facade.Errors;
using Pricing.Facade.OpenApi;
using Pricing.Facade.Upstream;
using Pricing.Quoting.V1;

namespace Pricing.Facade.Rest;

/// <summary>Quotes as resources: created, read, listed, cancelled; their events are in <see cref="QuoteEvents"/>.</summary>
static class QuoteEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/quotes", CreateAsync).WithMetadata(QuoteOperations.Create);
        routes.MapGet("/v1/quotes", ListAsync).WithMetadata(QuoteOperations.List);
        routes.MapGet("/v1/quotes/{id}", GetAsync).WithMetadata(QuoteOperations.Get);
        routes.MapPost("/v1/quotes/{id}:cancel", CancelAsync).WithMetadata(QuoteOperations.Cancel);
        routes.MapGet("/v1/quotes/{id}/events", QuoteEvents.WatchAsync).WithMetadata(QuoteOperations.Watch);
    }

    static async Task<IResult> CreateAsync(
        HttpRequest request, QuoteService.QuoteServiceClient quotes, FacadeOptions options, UnaryCalls calls, string? wait, bool? validateOnly)
    {
        var quote = await ProtoJson.ReadAsync<Quote>(request, request.HttpContext.RequestAborted);
        RefuseOutputFields(quote);
        quote.Model = Names.ModelOfBody(options.Partner, quote.Model);
        var create = new CreateQuoteRequest
        {
            Parent = options.Partner,
            Quote = quote,
            RequestId = RequestHeaders.RequestId(request),
            ValidateOnly = validateOnly ?? false,
            Wait = RequestHeaders.Wait(request, wait) is { } held ? Duration.FromTimeSpan(held) : null,
        };
        var created = await calls.RunAsync(request.HttpContext, call => quotes.CreateQuoteAsync(create, call));
        return create.ValidateOnly
            ? new ProtoResult(created)
            : new ProtoResult(created, StatusCodes.Status201Created)
            {
                ETag = created.Etag,
                Location = $"/v1/quotes/{Names.IdOf(created.Name)}",
                RetryAfter = RetryAfter(created),
            };
    }

    static async Task<IResult> GetAsync(HttpRequest request, QuoteService.QuoteServiceClient quotes, FacadeOptions options, UnaryCalls calls, string id)
    {
        var get = new GetQuoteRequest { Name = Names.Quote(options.Partner, id) };
        return Of(await calls.RunAsync(request.HttpContext, call => quotes.GetQuoteAsync(get, call)));
    }

    static async Task<IResult> ListAsync(
        HttpRequest request, QuoteService.QuoteServiceClient quotes, FacadeOptions options, UnaryCalls calls, int? pageSize, string? pageToken)
    {
        if (pageSize is < 0 or > Limits.Quote.PageSizeMax)
            throw new RefusedException(StatusCode.InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "The page size is out of range.", "pageSize", $"{Limits.Quote.PageSizeMax}", $"{pageSize}");
        if (pageToken?.Length > Limits.Edge.PageTokenCharsMax)
            throw new RefusedException(StatusCode.InvalidArgument, "PAGE_TOKEN_INVALID", "The page token was not made by this service.", "pageToken",
                $"{Limits.Edge.PageTokenCharsMax} characters", $"{pageToken.Length} characters");
        var list = new ListQuotesRequest { Parent = options.Partner, PageSize = pageSize ?? 0, PageToken = pageToken ?? "" };
        var page = await calls.RunAsync(request.HttpContext, call => quotes.ListQuotesAsync(list, call));
        var next = page.NextPageToken.Length == 0 ? null
            : $"</v1/quotes?pageToken={Uri.EscapeDataString(page.NextPageToken)}{(pageSize is { } size ? $"&pageSize={size}" : "")}>; rel=\"next\"";
        return new ProtoResult(page) { Link = next };
    }

    static async Task<IResult> CancelAsync(HttpRequest request, QuoteService.QuoteServiceClient quotes, FacadeOptions options, UnaryCalls calls, string id)
    {
        var cancel = new CancelQuoteRequest { Name = Names.Quote(options.Partner, id), RequestId = RequestHeaders.RequestId(request) };
        return Of(await calls.RunAsync(request.HttpContext, call => quotes.CancelQuoteAsync(cancel, call)));
    }

    static ProtoResult Of(Quote quote) => new(quote) { ETag = quote.Etag, RetryAfter = RetryAfter(quote) };

    static TimeSpan? RetryAfter(Quote quote) =>
        quote.State == Quote.Types.State.Measuring ? TimeSpan.FromSeconds(Limits.Edge.RetryAfterSecondsDefault) : null;

    /// <summary>A body that sets what only the platform sets is a misunderstanding worth saying, not ignoring.</summary>
    static void RefuseOutputFields(Quote quote)
    {
        foreach (var field in Quote.Descriptor.Fields.InDeclarationOrder())
        {
            if (QuoteOperations.AskedFields.Contains(field.Name)) continue;
            var value = field.Accessor.GetValue(quote);
            var isSet = value switch
            {
                null or "" or false => false,
                System.Collections.IList list => list.Count > 0,
                System.Enum set => Convert.ToInt32(set, System.Globalization.CultureInfo.InvariantCulture) != 0,
                _ => true,
            };
            if (isSet)
                throw new RefusedException(StatusCode.InvalidArgument, "FIELD_OUTPUT_ONLY", $"{field.JsonName} is set by the service and cannot be asked for.", field.JsonName);
        }
    }
}
