using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Edge;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// What something would cost now, from what is known: reads only. On the usual path nothing is asked and nothing is computed: list,
/// visibility and answer are in memory, and the answer is there as bytes.
/// </summary>
/// <remarks>Bound by hand instead of by the generated base class, for the sake of those bytes.</remarks>
[BindServiceMethod(typeof(PriceService), nameof(Bind))]
public class PriceService(PriceCache cache, ActivePriceList active, CoordinatorOptions options)
{
    static readonly Method<PreviewPricesRequest, PriceAnswer> PreviewMethod = new(
        MethodType.Unary, Quoting.V1.PriceService.Descriptor.FullName, nameof(PreviewPrices),
        new Marshaller<PreviewPricesRequest>(Write, static context => PreviewPricesRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        PriceAnswer.Marshaller);

    /// <summary>For the server: names the method. The handler is found on the class by its name.</summary>
    public static void Bind(ServiceBinderBase binder, PriceService? service) =>
        binder.AddMethod(PreviewMethod, service is null ? null : new UnaryServerMethod<PreviewPricesRequest, PriceAnswer>(service.PreviewPrices));

    public virtual async Task<PriceAnswer> PreviewPrices(PreviewPricesRequest request, ServerCallContext context)
    {
        var (partner, sha256, quote) = QuoteRequest.Check(request.Parent, request.Quote);
        var list = await active.ReadAsync(context.CancellationToken);
        await cache.CheckVisibleAsync(partner, sha256, context.CancellationToken);
        var terms = new QuoteTerms(quote.Configurations, quote.Quantities, quote.CurrencyCode);
        var key = PriceCache.KeyFor(sha256, quote.MeasureOptions, options.EngineVersion);
        return await cache.FindPricesAsync(key, list, terms, context.CancellationToken)
            ?? throw RefusalException.NotFound("MEASUREMENT_UNKNOWN", "The model has not been measured with these options; create a quote, which measures it.",
                "model", quote.Model);
    }

    // Only a client writes requests; a marshaller has both directions all the same.
    static void Write(PreviewPricesRequest request, SerializationContext context)
    {
        context.GetBufferWriter().Write(request.ToByteArray());
        context.Complete();
    }
}
