using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pricing.Catalog.V1;
using Pricing.Coordinator.Edge;
using Pricing.Cost;
using Pricing.Quoting.V1;
using PriceList = Pricing.Catalog.V1.PriceList;

namespace Pricing.Coordinator.Catalog;

/// <summary>Price lists: written as documents, checked whole, published once, compared, simulated.</summary>
public sealed class PriceListService(PriceListStore store, ActivePriceList active, PriceListSimulation simulation) : Pricing.Catalog.V1.PriceListService.PriceListServiceBase
{
    public override async Task<PriceList> GetPriceList(GetPriceListRequest request, ServerCallContext context) =>
        ToPriceList(await FindAsync(request.Name, "name", context.CancellationToken));

    public override async Task<ListPriceListsResponse> ListPriceLists(ListPriceListsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > Limits.PriceList.PageSizeMax)
        {
            throw RefusalException.Invalid("PAGE_SIZE_OUT_OF_RANGE", "The page size is out of range.", "page_size",
                $"0 to {Limits.PriceList.PageSizeMax}", $"{request.PageSize}");
        }
        var size = request.PageSize == 0 ? Limits.PriceList.PageSizeDefault : request.PageSize;
        var after = request.PageToken.Length == 0 ? null : await AfterAsync(request.PageToken, context.CancellationToken);
        var rows = await store.ReadPageAsync(after?.CreatedAt, after?.ListId ?? "", after?.Version ?? 0, size + 1, context.CancellationToken);
        // Documents are read one by one: a page of them would not fit a message.
        var page = rows.Take(size).Select(row => ToPriceList(row with { Document = "" })).ToList();
        return new ListPriceListsResponse { PriceLists = { page }, NextPageToken = rows.Count > size ? page[^1].Name : "" };
    }

    /// <summary>All faults at once; a faulty document is an answer, not an error, so that an editor can show every line.</summary>
    public override async Task<CreatePriceListResponse> CreatePriceList(CreatePriceListRequest request, ServerCallContext context)
    {
        if (request.BasedOn.Length > 0)
            await FindAsync(request.BasedOn, "based_on", context.CancellationToken);
        var parsed = PriceListParser.Parse(request.Document);
        if (parsed.PriceList is not { } list)
            return new CreatePriceListResponse { Faults = { parsed.Faults.Select(ToFault) } };
        var name = ResourceNames.PriceListVersion(list.Id, list.Version);
        if (request.ValidateOnly)
            return new CreatePriceListResponse { PriceList = new PriceList { Name = name, Document = request.Document, Sha256 = list.Sha256, BasedOn = request.BasedOn } };
        var isNew = await store.InsertDraftAsync(list, request.Document, request.BasedOn, context.CancellationToken);
        var stored = await FindAsync(name, "document", context.CancellationToken);
        // The same document again is the same answer; another one needs another version.
        if (!isNew && stored.Sha256 != list.Sha256)
        {
            throw new RefusalException(StatusCode.AlreadyExists, "PRICE_LIST_VERSION_EXISTS", "This version exists with another document; give the document a new version.",
                "document", "", name);
        }
        return new CreatePriceListResponse { PriceList = ToPriceList(stored) };
    }

    /// <summary>Publishing twice is publishing once.</summary>
    public override async Task<PriceList> PublishPriceList(PublishPriceListRequest request, ServerCallContext context)
    {
        var (listId, version) = ResourceNames.ParsePriceListVersion(request.Name, "name");
        var before = await FindAsync(request.Name, "name", context.CancellationToken);
        if (version is null)
            throw RefusalException.Invalid("NAME_INVALID", "Publishing needs a version number.", "name", "priceLists/{list}/versions/{version}", request.Name);
        int? revision = null;
        if (before.State == "draft" && request.Etag.Length > 0)
        {
            if (request.Etag != Etag(before))
                throw new RefusalException(StatusCode.Aborted, "ETAG_MISMATCH", "The price list has changed since it was read.", "etag", Etag(before), ResourceNames.Shown(request.Etag));
            revision = before.Revision;
        }
        var published = await store.PublishAsync(listId, version.Value, WellKnown.ParseTime(request.EffectiveTime, "effective_time"), revision, context.CancellationToken);
        if (published)
            await active.RefreshAsync(context.CancellationToken);
        var after = await FindAsync(request.Name, "name", context.CancellationToken);
        return published || after.State != "draft"
            ? ToPriceList(after)
            : throw new RefusalException(StatusCode.Aborted, "ETAG_MISMATCH", "The price list has changed since it was read.", "etag", Etag(after), ResourceNames.Shown(request.Etag));
    }

    public override async Task<DiffPriceListsResponse> DiffPriceLists(DiffPriceListsRequest request, ServerCallContext context)
    {
        var from = await ParsedAsync(request.FromName, "from_name", context.CancellationToken);
        var to = await ParsedAsync(request.ToName, "to_name", context.CancellationToken);
        return new DiffPriceListsResponse { Changes = { PriceListDiff.Compare(from, to) } };
    }

    public override Task SimulatePriceList(
        SimulatePriceListRequest request, IServerStreamWriter<SimulatePriceListResponse> responseStream, ServerCallContext context) =>
        SimulateAsync(request, responseStream, context.CancellationToken);

    public override async Task<ListProcessesResponse> ListProcesses(ListProcessesRequest request, ServerCallContext context)
    {
        var list = await store.ReadActiveAsync(context.CancellationToken);
        return new ListProcessesResponse
        {
            PriceListVersion = ResourceNames.PriceListVersion(list.Id, list.Version),
            CurrencyCode = list.CurrencyCode,
            Processes = { list.Processes.Select(ToProcess) },
        };
    }

    async Task SimulateAsync(SimulatePriceListRequest request, IServerStreamWriter<SimulatePriceListResponse> stream, CancellationToken cancel)
    {
        if (request.QuotesMax is < 0 or > Limits.PriceList.SimulatedQuotesMax)
        {
            throw RefusalException.Invalid("QUOTES_OUT_OF_RANGE", "The number of quotes is out of range.", "quotes_max",
                $"0 to {Limits.PriceList.SimulatedQuotesMax} quotes", $"{request.QuotesMax} quotes");
        }
        var list = await ParsedAsync(request.Name, "name", cancel);
        var max = request.QuotesMax == 0 ? Limits.PriceList.SimulatedQuotesMax : request.QuotesMax;
        await foreach (var frame in simulation.RunAsync(list, WellKnown.ParseTime(request.SinceTime, "since_time"), max, cancel))
            await stream.WriteAsync(frame, cancel);
    }

    async Task<PriceListRow> FindAsync(string name, string field, CancellationToken cancel)
    {
        var (listId, version) = ResourceNames.ParsePriceListVersion(name, field);
        return await store.FindAsync(listId, version, cancel)
            ?? throw RefusalException.NotFound("PRICE_LIST_NOT_FOUND", "There is no such price list version.", field, ResourceNames.Shown(name));
    }

    async Task<Cost.PriceList> ParsedAsync(string name, string field, CancellationToken cancel)
    {
        var row = await FindAsync(name, field, cancel);
        return (await store.FindParsedAsync(row.ListId, row.Version, cancel))!;
    }

    /// <summary>The page token is the name of the last version shown.</summary>
    async Task<PriceListRow?> AfterAsync(string token, CancellationToken cancel)
    {
        try
        {
            return await FindAsync(token, "page_token", cancel);
        }
        catch (RefusalException)
        {
            throw RefusalException.Invalid("PAGE_TOKEN_INVALID", "This page token was not given out here.", "page_token", "", ResourceNames.Shown(token));
        }
    }

    static string Etag(PriceListRow row) => $"{row.Sha256[..Math.Min(16, row.Sha256.Length)]}-{row.Revision}";

    static PriceList ToPriceList(PriceListRow row) => new()
    {
        Name = ResourceNames.PriceListVersion(row.ListId, row.Version),
        State = row.State switch
        {
            "draft" => PriceList.Types.State.Draft,
            "published" => PriceList.Types.State.Published,
            _ => PriceList.Types.State.Retired,
        },
        Document = row.Document,
        Sha256 = row.Sha256,
        BasedOn = row.BasedOn,
        CreateTime = Timestamp.FromDateTime(row.CreatedAt),
        EffectiveTime = row.EffectiveAt is { } effective ? Timestamp.FromDateTime(effective) : null,
        Etag = Etag(row),
    };

    static Pricing.Catalog.V1.PriceListFault ToFault(Cost.PriceListFault fault) => new()
    {
        Path = fault.Path,
        Line = (uint)Math.Max(0, fault.Line),
        Failure = new Failure { Reason = fault.Reason, Message = fault.Message, Field = fault.Path, Limit = fault.Limit, Actual = fault.Actual },
    };

    static Process ToProcess(ProcessRates process)
    {
        var shown = new Process { Process_ = process.Id, Label = process.Label };
        shown.Materials.Add(process.Materials.Select(m => new Material { Material_ = m.Id, Label = m.Label, DensityGCm3 = m.DensityGCm3.Text }));
        shown.Finishes.Add(process.Finishes.Select(f => f.Id));
        shown.LeadTimes.Add(process.LeadTimes.Select(l => new LeadTime { LeadTime_ = l.Id, Days = (uint)l.Days.Value, Factor = l.Factor.Text }));
        return shown;
    }
}
