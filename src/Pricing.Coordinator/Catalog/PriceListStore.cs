using System.Collections.Concurrent;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Cost;

namespace Pricing.Coordinator.Catalog;

/// <summary>A version of a price list as it is kept.</summary>
public sealed record PriceListRow(
    string ListId, int Version, string Document, string Sha256, string State, string BasedOn, DateTime CreatedAt, DateTime? EffectiveAt, int Revision);

/// <summary>Price lists: versioned documents. The active one is the published version whose effective time came last.</summary>
public sealed class PriceListStore(NpgsqlDataSource source)
{
    // A published version is shown as retired once a later version of the same list is in effect.
    const string Columns = """
        p.list_id, p.version, p.document, p.sha256,
        case when p.state = 'published' and exists (
            select from price_list later
            where later.list_id = p.list_id and later.state = 'published' and later.effective_at <= now()
              and (later.effective_at, later.version) > (p.effective_at, p.version)) then 'retired' else p.state end,
        p.based_on, p.created_at, p.effective_at, p.revision
        """;

    const string FindActive = """
        select list_id, version from price_list
        where state = 'published' and effective_at <= clock_timestamp()
        order by effective_at desc, version desc limit 1
        """;

    // One instant for both: a list that takes effect between the two would otherwise be in neither.
    const string FindActiveAndNext = """
        select list_id, version,
               (select min(later.effective_at) - statement_timestamp() from price_list later
                where later.state = 'published' and later.effective_at > statement_timestamp())
        from price_list
        where state = 'published' and effective_at <= statement_timestamp()
        order by effective_at desc, version desc limit 1
        """;

    const string FindDocument = "select document from price_list where list_id = $1 and version = $2";

    const string Find = $"select {Columns} from price_list p where p.list_id = $1 and p.version = $2";

    const string FindActiveOf = $"""
        select {Columns} from price_list p
        where p.list_id = $1 and p.state = 'published' and p.effective_at <= clock_timestamp()
        order by p.effective_at desc, p.version desc limit 1
        """;

    const string Page = $"""
        select {Columns} from price_list p
        where $1::timestamptz is null or (p.created_at, p.list_id, p.version) < ($1, $2, $3)
        order by p.created_at desc, p.list_id desc, p.version desc
        limit $4
        """;

    const string Insert = """
        insert into price_list (list_id, version, document, sha256, based_on) values ($1, $2, $3, $4, $5)
        on conflict (list_id, version) do nothing
        """;

    const string ImportFirst = """
        insert into price_list (list_id, version, document, sha256, state, effective_at)
        select $1, $2, $3, $4, 'published', clock_timestamp()
        where not exists (select from price_list where state = 'published')
        on conflict (list_id, version) do nothing
        """;

    // Never earlier than now: a quote that was priced a minute ago must not find that another list was active then.
    const string Publish = """
        update price_list set state = 'published', effective_at = greatest(clock_timestamp(), $3::timestamptz), revision = revision + 1
        where list_id = $1 and version = $2 and state = 'draft' and ($4::int is null or revision = $4)
        """;

    // A published version never changes, so a parsed one is right for ever; bounded, and emptied when full.
    readonly ConcurrentDictionary<(string, int), PriceList> _parsed = new();

    /// <summary>The list that new quotes use.</summary>
    public async Task<PriceList> ReadActiveAsync(NpgsqlTransaction transaction, CancellationToken cancel)
    {
        var active = await transaction.Command(FindActive).ReadOneAsync(r => new ActiveRow(r.GetString(0), r.GetInt32(1), null), cancel) ?? throw NonePublished();
        if (_parsed.TryGetValue((active.ListId, active.Version), out var known))
            return known;
        var row = await transaction.Command(FindDocument, active.ListId, active.Version)
            .ReadOneAsync(r => new ParsableRow(active.ListId, active.Version, r.GetString(0)), cancel);
        return Parse(row!);
    }

    /// <summary>The active list, and in how long another one takes its place; null when none is scheduled.</summary>
    public async Task<(PriceList List, TimeSpan? NextIn)> FindActiveAsync(CancellationToken cancel)
    {
        var active = await source.Command(FindActiveAndNext)
            .ReadOneAsync(r => new ActiveRow(r.GetString(0), r.GetInt32(1), r.MaybeValue<TimeSpan>(2)), cancel) ?? throw NonePublished();
        return ((await FindParsedAsync(active.ListId, active.Version, cancel))!, active.NextIn);
    }

    /// <summary>The active list, for readers that have no transaction.</summary>
    public Task<PriceList> ReadActiveAsync(CancellationToken cancel) =>
        source.InTransactionAsync(transaction => ReadActiveAsync(transaction, cancel), cancel);

    /// <summary>A version by its key, parsed; null when there is none.</summary>
    public async Task<PriceList?> FindParsedAsync(string listId, int version, CancellationToken cancel)
    {
        if (_parsed.TryGetValue((listId, version), out var known))
            return known;
        var row = await source.Command(FindDocument, listId, version).ReadOneAsync(r => new ParsableRow(listId, version, r.GetString(0)), cancel);
        return row is null ? null : Parse(row);
    }

    public Task<PriceListRow?> FindAsync(string listId, int? version, CancellationToken cancel) =>
        (version is { } number ? source.Command(Find, listId, number) : source.Command(FindActiveOf, listId)).ReadOneAsync(Read, cancel);

    public Task<List<PriceListRow>> ReadPageAsync(DateTime? createdBefore, string listId, int version, int size, CancellationToken cancel) =>
        source.Command(Page, createdBefore, listId, version, size).ReadAllAsync(Read, cancel);

    /// <summary>Stores a draft; false when that version is already there.</summary>
    public async Task<bool> InsertDraftAsync(PriceList list, string document, string basedOn, CancellationToken cancel) =>
        await source.Command(Insert, list.Id, list.Version, document, list.Sha256, basedOn).RunAsync(cancel) > 0;

    /// <summary>The first start publishes the list that ships with the product; later starts change nothing.</summary>
    public Task ImportFirstAsync(PriceList list, string document, CancellationToken cancel) =>
        source.Command(ImportFirst, list.Id, list.Version, document, list.Sha256).RunAsync(cancel);

    /// <summary>False when it is no draft any more or its revision differs.</summary>
    public async Task<bool> PublishAsync(string listId, int version, DateTime? effectiveAt, int? revision, CancellationToken cancel) =>
        await source.Command(Publish, listId, version, effectiveAt, revision).RunAsync(cancel) > 0;

    PriceList Parse(ParsableRow row)
    {
        if (_parsed.TryGetValue((row.ListId, row.Version), out var known))
            return known;
        var parsed = PriceListParser.Parse(row.Document).PriceList
            ?? throw new InvalidOperationException($"Stored price list {row.ListId}/{row.Version} no longer parses.");
        if (_parsed.Count >= Limits.Quote.ParsedPriceListsMax)
            _parsed.Clear();
        _parsed[(row.ListId, row.Version)] = parsed;
        return parsed;
    }

    static PriceListRow Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5),
        r.GetDateTime(6), r.MaybeValue<DateTime>(7), r.GetInt32(8));

    static InvalidOperationException NonePublished() => new("No price list is published; the standard one is imported at the first start.");

    sealed record ActiveRow(string ListId, int Version, TimeSpan? NextIn);

    sealed record ParsableRow(string ListId, int Version, string Document);
}
