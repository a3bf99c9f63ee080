using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>One version of a price list: every rate that a price reads. Immutable; made by <see cref="PriceListParser"/> only.</summary>
public sealed record PriceList
{
    static readonly Lazy<PriceList> StandardList = new(ReadStandard);

    public required string Id { get; init; }
    public required int Version { get; init; }
    public required string Label { get; init; }
    public required DateOnly EffectiveDate { get; init; }
    public required string CurrencyCode { get; init; }

    /// <summary>Units of the other currency for one unit of the list's own; the own currency is not in it.</summary>
    public required IReadOnlyDictionary<string, Figure> ExchangeRates { get; init; }
    public required Figure MinimumOrder { get; init; }
    public required MeshFindingRates Mesh { get; init; }

    /// <summary>In the order of the document, which is the order of an expanded wildcard.</summary>
    public required IReadOnlyList<ProcessRates> Processes { get; init; }

    /// <summary>Every scalar of the document by its path, in document order: what a diff of two versions compares.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Entries { get; init; }

    /// <summary>The document as it was given, and the SHA-256 of its UTF-8 bytes in lower-case hex.</summary>
    public required string Document { get; init; }
    public required string Sha256 { get; init; }

    /// <summary>The list that ships with the product (PriceLists/standard.yaml).</summary>
    public static PriceList Standard => StandardList.Value;

    public ProcessRates? FindProcess(string id) =>
        Processes.FirstOrDefault(process => process.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    public override string ToString() => $"{Id} version {Version}";

    static PriceList ReadStandard()
    {
        using var stream = typeof(PriceList).Assembly.GetManifestResourceStream("standard.yaml")
            ?? throw new InvalidOperationException("The embedded standard price list is missing from the assembly.");
        using var reader = new StreamReader(stream);
        var result = PriceListParser.Parse(reader.ReadToEnd());
        return result.PriceList
            ?? throw new InvalidOperationException("The embedded standard price list is faulty: " + string.Join("; ", result.Faults));
    }
}

/// <summary>How far a mesh may be off before a person looks; common to all processes.</summary>
public sealed record MeshFindingRates(Finding.Types.Severity OpenMesh, Threshold VolumeUncertaintyMax);

/// <summary>A limit and what breaking it means.</summary>
public sealed record Threshold(Figure Limit, Finding.Types.Severity Severity);

/// <summary>What every process has: envelope, commercial terms, materials, finishes, lead times, findings. Its own rates are in <see cref="Model"/>.</summary>
public sealed record ProcessRates
{
    public required string Id { get; init; }
    public required string Label { get; init; }
    public required BuildVolume BuildVolume { get; init; }
    public required Figure Setup { get; init; }
    public required Figure LabourPerHour { get; init; }
    public required Figure HandlingMin { get; init; }
    public required Figure Scrap { get; init; }
    public required Figure Margin { get; init; }
    public required Figure MinimumPart { get; init; }
    public required QuantityDiscount QuantityDiscount { get; init; }
    public required Capacity Capacity { get; init; }
    public required Threshold MinimumWallMm { get; init; }
    public required Threshold MinimumSizeMm { get; init; }
    public required Threshold LayersMax { get; init; }
    public required IReadOnlyList<LeadTimeRates> LeadTimes { get; init; }
    public required MaterialRates StandardMaterial { get; init; }
    public required IReadOnlyList<MaterialRates> Materials { get; init; }
    public required IReadOnlyList<FinishRates> Finishes { get; init; }
    public required ModelRates Model { get; init; }

    public MaterialRates? FindMaterial(string id) =>
        Materials.FirstOrDefault(material => material.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    public FinishRates? FindFinish(string id) =>
        Finishes.FirstOrDefault(finish => finish.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    public LeadTimeRates? FindLeadTime(string id) =>
        LeadTimes.FirstOrDefault(leadTime => leadTime.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
}

public sealed record BuildVolume(Figure XMm, Figure YMm, Figure ZMm, Finding.Types.Severity Severity);

/// <summary>A smooth discount on pieces: maximum × (quantity − 1) ÷ (quantity − 1 + half quantity). No cliffs: for a half quantity of
/// at least 1 and a maximum below 1 the total never falls and the price of a piece never rises with the quantity.</summary>
public sealed record QuantityDiscount(Figure Maximum, Figure HalfQuantity);

/// <summary>Machine hours a day that one order may take; above the extra days a person plans the order.</summary>
public sealed record Capacity(Figure HoursPerDay, Figure ExtraDaysReview);

public sealed record LeadTimeRates(string Id, Figure Days, Figure Factor);

/// <summary>The price is price_per_kg, or price_per_g for a cast alloy; only cast alloys have a casting fee.</summary>
public sealed record MaterialRates(string Id, string Label, Figure DensityGCm3, Figure Price, Figure? CastingFee);

public sealed record FinishRates(string Id, string Label, Figure PerPart, Figure PerCm2, Figure ExtraDays);

/// <summary>The rates that only one cost model reads.</summary>
public abstract record ModelRates;

/// <summary>The fallback figures give a rough price when the measurement has no filament estimate; such a price always needs review.</summary>
public sealed record FdmRates(Figure MachinePerHour, Figure Waste, Figure SupportCm3PerHour, Figure LayerHeightMm,
    Figure FallbackShellMm, Figure FallbackInfill, Figure FallbackCm3PerHour) : ModelRates;

public sealed record SlaRates(Figure MachinePerHour, Figure LayerHeightMm, Figure LayerS, Figure AreaSPerCm2, Figure FilmMm,
    Figure SupportShare, Figure GapMm) : ModelRates;

public sealed record PowderRates(Figure MachinePerHour, Figure LayerHeightMm, Figure ChamberHours, Figure Packing, Figure GapMm,
    Figure PowderWaste) : ModelRates;

public sealed record LpbfRates(Figure MachinePerHour, Figure LayerHeightMm, Figure BuildCm3PerHour, Figure RecoatS, Figure SupportShare,
    Figure PowderWaste, Figure GapMm, Figure HeatTreatmentPerKg) : ModelRates;

public sealed record CastingRates(Figure Sprue, Figure MetalMarkup, Figure MetalLoss, Figure PolishMinPerCm2, Figure FlaskFee,
    Figure FlaskCm3, Figure Packing, Figure GapMm, PatternRates Pattern) : ModelRates;

/// <summary>The printed wax or resin pattern of a casting; the printer is not the caster's envelope, so it has a plate of its own.</summary>
public sealed record PatternRates(Figure MachinePerHour, Figure LayerHeightMm, Figure LayerS, Figure PlateXMm, Figure PlateYMm,
    Figure DensityGCm3, Figure PricePerKg, Figure SupportShare);
