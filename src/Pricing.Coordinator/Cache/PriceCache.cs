using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Cache;

/// <summary>A measurement in memory. The id is its row's, known only where the row itself was read.</summary>
public sealed record KnownMeasurement(Measurement Figures, long? MeasurementId);

/// <summary>
/// The door of the cache: prices by (measurement key, price list, terms), measurements by (model, options, engine), and which partner may see
/// which model. The first two never change under their key, so a cached answer is the computed one; they go to Redis too. Who may see what
/// is decided by the database alone and kept in memory only, and only when the answer is yes: it never becomes no.
/// </summary>
public sealed class PriceCache
{
    /// <summary>Prices are a matter of our code too: another build, other keys.</summary>
    static readonly byte[] PricerBuild = typeof(Pricer).Module.ModuleVersionId.ToByteArray();

    static readonly byte[] StandardOptionsKey = MeasurementStore.OptionsKey(new MeasureOptions());

    static readonly CacheKind<PriceAnswer> Prices = new('p',
        TimeSpan.FromSeconds(Limits.Cache.PricesFreshSeconds), TimeSpan.FromSeconds(Limits.Cache.PricesSeconds),
        TimeSpan.FromSeconds(Limits.Cache.RedisPricesSeconds), static answer => answer.Body.Length,
        static answer => answer.Body.ToArray(), PriceAnswer.Read);

    // A parsed message takes about four times its bytes.
    static readonly CacheKind<KnownMeasurement> Rows = new('m',
        TimeSpan.FromSeconds(Limits.Cache.MeasurementFreshSeconds), TimeSpan.FromSeconds(Limits.Cache.MeasurementSeconds),
        TimeSpan.FromSeconds(Limits.Cache.RedisMeasurementSeconds), static known => 4L * known.Figures.CalculateSize(),
        static known => known.Figures.ToByteArray());

    static readonly CacheKind<object> Visibility = new('v',
        TimeSpan.FromSeconds(Limits.Cache.VisibilityFreshSeconds), TimeSpan.FromSeconds(Limits.Cache.VisibilitySeconds),
        TimeSpan.Zero, static _ => 0);

    static readonly object Visible = new();

    readonly TieredCache _tiers;
    readonly NpgsqlDataSource _source;
    readonly ModelQueries _models;

    public PriceCache(TieredCache tiers, NpgsqlDataSource source, ModelQueries models)
    {
        (_tiers, _source, _models) = (tiers, source, models);
    }

    /// <summary>Is the model stored and the partner's? Throws the refusal when not, which is asked anew each time.</summary>
    public async ValueTask CheckVisibleAsync(string partner, byte[] sha256, CancellationToken cancel)
    {
        var seen = await _tiers.GetAsync(Visibility, VisibilityKey(partner, sha256), (_models, partner, sha256),
            static async (asked, token) => await asked._models.FindAsync(asked.partner, asked.sha256, token) is { IsStored: true } ? Visible : null, cancel);
        // A name of its own for the reason: it is worth a second look, which may find that the upload has just ended.
        if (seen is null && await WhyNotVisibleAsync(partner, sha256, cancel) is { } refusal)
            throw refusal;
    }

    /// <summary>Memory only: has this process seen that the model is stored and the partner's?</summary>
    public bool IsKnownVisible(string partner, byte[] sha256) => _tiers.Peek<object>(VisibilityKey(partner, sha256)) is not null;

    /// <summary>The database has just said so.</summary>
    public void RememberVisible(string partner, byte[] sha256) => _tiers.Put(Visibility, VisibilityKey(partner, sha256), Visible);

    /// <summary>Memory only: a measurement whose row this process has read.</summary>
    public KnownMeasurement? PeekMeasurement(MeasureKey key) => _tiers.Peek<KnownMeasurement>(KeyOf(key)) is { MeasurementId: not null } known ? known : null;

    public KnownMeasurement Remember(MeasureKey key, StoredMeasurement stored)
    {
        var known = new KnownMeasurement(Measurement.Parser.ParseFrom(stored.Body), stored.MeasurementId);
        _tiers.Put(Rows, KeyOf(key), known);
        return known;
    }

    public void Forget(MeasureKey key) => _tiers.Forget(KeyOf(key));

    /// <summary>
    /// Every price of the terms, as the message that answers them; null when the part has not been measured so. Terms that the list does
    /// not know are refused.
    /// </summary>
    public ValueTask<PriceAnswer?> FindPricesAsync(MeasureKey measure, PriceList list, QuoteTerms terms, CancellationToken cancel)
    {
        var question = (Cache: this, measure, list, terms);
        return PricesKey(measure, list, terms) is { } key
            ? _tiers.GetAsync(Prices, key, question, static (asked, token) => asked.Cache.PriceAsync(asked.measure, asked.list, asked.terms, token), cancel)
            // Too long to be kept: priced as asked, if the list knows such names at all.
            : new ValueTask<PriceAnswer?>(PriceAsync(measure, list, terms, cancel));
    }

    /// <summary>The measure key of a model; the usual options, none, are hashed once.</summary>
    public static MeasureKey KeyFor(byte[] sha256, MeasureOptions? options, int engineVersion) =>
        new(sha256, options is null ? StandardOptionsKey : MeasurementStore.OptionsKey(options), engineVersion);

    async Task<PriceAnswer?> PriceAsync(MeasureKey measure, PriceList list, QuoteTerms terms, CancellationToken cancel)
    {
        Pricer.Check(list, terms);
        if (await FindMeasurementAsync(measure, cancel) is not { } known)
            return null;
        var response = new PreviewPricesResponse
        {
            Prices = { Pricer.Price(known.Figures, list, terms) },
            PriceListVersion = ResourceNames.PriceListVersion(list.Id, list.Version),
            MeasurementDigest = known.Figures.Digest,
        };
        var size = response.CalculateSize();
        return size <= Limits.Quote.PricesBytesMax
            ? PriceAnswer.Of(response)
            : throw RefusalException.Invalid("TOO_MANY_PRICES", "The prices do not fit one message; ask for fewer configurations or quantities.",
                "quote", $"{Limits.Quote.PricesBytesMax} bytes", $"{size} bytes");
    }

    ValueTask<KnownMeasurement?> FindMeasurementAsync(MeasureKey measure, CancellationToken cancel) =>
        // What comes from Redis must also say itself that it is of this model and engine.
        _tiers.GetAsync(Rows with { Decode = payload => Decode(payload, measure) }, KeyOf(measure), (Cache: this, measure), static async (asked, token) =>
            await MeasurementStore.FindAsync(asked.Cache._source, asked.measure, token) is { } stored
                ? new KnownMeasurement(Measurement.Parser.ParseFrom(stored.Body), stored.MeasurementId)
                : null, cancel);

    static KnownMeasurement? Decode(ReadOnlyMemory<byte> payload, MeasureKey measure)
    {
        try
        {
            var figures = Measurement.Parser.ParseFrom(payload.Span);
            return figures.EngineVersion == measure.EngineVersion && figures.ModelSha256 == Convert.ToHexStringLower(measure.ModelSha256)
                ? new KnownMeasurement(figures, null)
                : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    async Task<RefusalException?> WhyNotVisibleAsync(string partner, byte[] sha256, CancellationToken cancel) =>
        await _models.FindAsync(partner, sha256, cancel) switch
        {
            null => RefusalException.NoSuchModel("model", ResourceNames.Model(partner, sha256)),
            { IsStored: false } => RefusalException.ModelNotUploaded(),
            _ => null,
        };

    static CacheKey VisibilityKey(string partner, byte[] sha256)
    {
        var text = new CacheKeyText(stackalloc byte[512]);
        text.Add('v');
        text.Add(partner);
        text.Add(sha256);
        return text.Seal()!.Value;
    }

    static CacheKey KeyOf(MeasureKey measure)
    {
        var text = new CacheKeyText(stackalloc byte[128]);
        text.Add('m');
        Add(ref text, measure);
        return text.Seal()!.Value;
    }

    static CacheKey? PricesKey(MeasureKey measure, PriceList list, QuoteTerms terms)
    {
        var text = new CacheKeyText(stackalloc byte[Limits.Cache.KeyTextBytesMax]);
        text.Add('p');
        text.Add(PricerBuild);
        Add(ref text, measure);
        text.Add(list.Id);
        text.Add(list.Version);
        text.Add(list.Sha256);
        text.Add(terms.CurrencyCode);
        text.Add(terms.Configurations.Count);
        for (var i = 0; i < terms.Configurations.Count; i++)
        {
            var configuration = terms.Configurations[i];
            text.Add(configuration.Process);
            text.Add(configuration.Material);
            text.Add(configuration.Finish);
            text.Add(configuration.LeadTime);
        }
        text.Add(terms.Quantities.Count);
        for (var i = 0; i < terms.Quantities.Count; i++)
            text.Add(terms.Quantities[i]);
        return text.Seal();
    }

    static void Add(ref CacheKeyText text, MeasureKey measure)
    {
        text.Add(measure.ModelSha256);
        text.Add(measure.OptionsKey);
        text.Add(measure.EngineVersion);
    }
}
