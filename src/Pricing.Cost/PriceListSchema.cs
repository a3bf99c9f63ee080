using System.Collections.Frozen;

namespace Pricing.Cost;

/// <summary>The keys of a price list, one method per section, with unit and range of every number. The ranges are what makes the price
/// monotonic, and what keeps every amount within decimal, for every list that is accepted.</summary>
sealed class PriceListSchema(string currency)
{
    static readonly string[] LeadTimeIds = ["economy", "standard", "express"];
    static readonly string[] ModelNames = ["fdm", "sla", "powder", "lpbf", "casting"];

    public FrozenDictionary<string, Figure> ReadExchangeRates(PriceListSection section) => section
        .ExchangeRates("exchange_rates", currency, 0.000001m, 100_000m)
        .ToFrozenDictionary(rate => rate.Name, rate => new Figure("exchange_rate", rate, rate.Unit, rate.Source, rate.Note), StringComparer.Ordinal);

    public static MeshFindingRates ReadMesh(PriceListSection section)
    {
        var mesh = new MeshFindingRates(section.ReadSeverity("open"), section.Threshold("volume_uncertainty_max", "of the volume", 0m, 1m));
        section.Finish();
        return mesh;
    }

    public ProcessRates ReadProcess(string id, PriceListSection section)
    {
        var model = section.Choice("model", ModelNames);
        var casting = model == "casting";
        var materials = section.Sections("materials", 1, Limits.PriceList.MaterialsMax)
            .Select(material => ReadMaterial(material.Id, material.Section, casting)).ToList();
        var finishes = section.Has("finishes") ? section.Sections("finishes", 0, Limits.PriceList.FinishesMax) : [];
        var process = new ProcessRates
        {
            Id = id,
            Label = section.Text("label", Limits.PriceList.LabelCharsMax),
            BuildVolume = ReadBuildVolume(section.Section("build_volume")),
            Setup = section.Number("setup", $"{currency} per order", 0m, Limits.PriceList.MoneyMax),
            LabourPerHour = section.Number("labour_per_hour", $"{currency} per hour", 0m, Limits.PriceList.PerHourMax),
            HandlingMin = section.Number("handling_min", "min", 0m, Limits.PriceList.MinutesMax),
            Scrap = section.Number("scrap", "of the pieces", 0m, 0.9m),
            Margin = section.Number("margin", "of the cost", 0m, 20m),
            // At least the smallest coin: a price of nothing is never firm.
            MinimumPart = section.Number("minimum_part", $"{currency} per piece", 0.01m, Limits.PriceList.MoneyMax),
            QuantityDiscount = ReadDiscount(section.Section("quantity_discount")),
            Capacity = ReadCapacity(section.Section("capacity")),
            MinimumWallMm = section.Threshold("minimum_wall_mm", "mm", 0m, Limits.PriceList.MmMax),
            MinimumSizeMm = section.Threshold("minimum_size_mm", "mm", 0m, Limits.PriceList.MmMax),
            LayersMax = section.Threshold("layers_max", "layers", 1m, 10_000_000m),
            LeadTimes = ReadLeadTimes(section.Section("lead_times")),
            Materials = materials,
            StandardMaterial = ReadStandardMaterial(section, materials),
            Finishes = [.. finishes.Select(finish => ReadFinish(finish.Id, finish.Section))],
            Model = ReadModel(model, section.Section("rates")),
        };
        section.Finish();
        return process;
    }

    static BuildVolume ReadBuildVolume(PriceListSection section)
    {
        var volume = new BuildVolume(
            section.Number("build_x_mm", "mm", 1m, Limits.PriceList.MmMax),
            section.Number("build_y_mm", "mm", 1m, Limits.PriceList.MmMax),
            section.Number("build_z_mm", "mm", 1m, Limits.PriceList.MmMax),
            section.ReadSeverity("severity"));
        IgnoreSource(section);
        return volume;
    }

    static QuantityDiscount ReadDiscount(PriceListSection section)
    {
        // half_quantity >= 1 keeps the total from falling; see QuantityDiscount.
        var discount = new QuantityDiscount(section.Number("maximum", "of the pieces", 0m, 0.9m), section.Number("half_quantity", "pieces", 1m, 1_000_000m));
        IgnoreSource(section);
        return new QuantityDiscount(Rename(discount.Maximum, "maximum_discount"), discount.HalfQuantity);
    }

    static Capacity ReadCapacity(PriceListSection section)
    {
        var capacity = new Capacity(section.Number("hours_per_day", "h", 0.1m, 1_000_000m), section.Number("extra_days_review", "days", 0m, 3650m));
        IgnoreSource(section);
        return capacity;
    }

    static List<LeadTimeRates> ReadLeadTimes(PriceListSection section)
    {
        var leadTimes = new List<LeadTimeRates>();
        foreach (var id in LeadTimeIds)
        {
            var leadTime = section.Section(id);
            leadTimes.Add(new LeadTimeRates(id,
                leadTime.Number("days", "days", 1m, 365m),
                Rename(leadTime.Number("factor", "times the price", 0.1m, 10m), "lead_time_factor")));
            IgnoreSource(leadTime);
        }

        section.Finish();
        return leadTimes;
    }

    MaterialRates ReadMaterial(string id, PriceListSection section, bool casting)
    {
        var material = new MaterialRates(id,
            section.Text("label", Limits.PriceList.LabelCharsMax),
            section.Number("density_g_cm3", "g/cm³", 0.01m, 30m),
            casting ? section.Number("price_per_g", $"{currency} per g", 0m, 10_000m) : section.Number("price_per_kg", $"{currency} per kg", 0m, Limits.PriceList.MoneyMax),
            casting ? section.Number("casting_fee", $"{currency} per piece", 0m, Limits.PriceList.MoneyMax) : null);
        section.Finish();
        return material;
    }

    static MaterialRates ReadStandardMaterial(PriceListSection section, List<MaterialRates> materials)
    {
        var id = section.Text("standard_material", Limits.PriceList.IdCharsMax);
        var material = materials.Find(known => known.Id == id);
        if (material is null && section.Present && id.Length > 0)
        {
            var names = materials.Select(known => known.Id).ToList();
            section.Fault("standard_material", section.Line("standard_material"), "PRICE_LIST_REFERENCE_UNKNOWN", string.Join(", ", names), id,
                $"'{PriceListFaults.Shorten(id)}' is not a material of this process.{PriceListSection.Suggest(id, names)}");
        }

        return material ?? new MaterialRates(id, "", new Figure("", 0, "", ""), new Figure("", 0, "", ""), null);
    }

    FinishRates ReadFinish(string id, PriceListSection section)
    {
        var finish = new FinishRates(id,
            section.Text("label", Limits.PriceList.LabelCharsMax),
            section.Number("per_part", $"{currency} per piece", 0m, Limits.PriceList.MoneyMax),
            section.Number("per_cm2", $"{currency} per cm²", 0m, 10_000m),
            section.Number("extra_days", "days", 0m, 365m));
        section.Finish();
        return finish;
    }

    ModelRates ReadModel(string? model, PriceListSection section)
    {
        // An unknown model is reported already; its keys cannot be judged, so nothing is read from them.
        if (model is null)
            section = section.Absent();
        ModelRates rates = model switch
        {
            "sla" => ReadSla(section),
            "powder" => ReadPowder(section),
            "lpbf" => ReadLpbf(section),
            "casting" => ReadCasting(section),
            _ => ReadFdm(section),
        };
        section.Finish();
        return rates;
    }

    FdmRates ReadFdm(PriceListSection section) => new(
        MachinePerHour(section),
        Share(section, "waste", 10m),
        section.Number("support_cm3_per_hour", "cm³/h", 0.1m, 100_000m),
        LayerHeight(section),
        section.Number("fallback_shell_mm", "mm", 0m, 100m),
        Share(section, "fallback_infill", 1m),
        section.Number("fallback_cm3_per_hour", "cm³/h", 0.1m, 100_000m));

    SlaRates ReadSla(PriceListSection section) => new(
        MachinePerHour(section),
        LayerHeight(section),
        section.Number("layer_s", "s", 0m, 10_000m),
        section.Number("area_s_per_cm2", "s/cm²", 0m, 10_000m),
        section.Number("film_mm", "mm", 0m, 10m),
        Share(section, "support_share", 3m),
        Gap(section));

    PowderRates ReadPowder(PriceListSection section) => new(
        MachinePerHour(section),
        LayerHeight(section),
        section.Number("chamber_hours", "h", 0m, 10_000m),
        section.Number("packing", "of the chamber", 0.01m, 1m),
        Gap(section),
        Share(section, "powder_waste", 10m));

    LpbfRates ReadLpbf(PriceListSection section) => new(
        MachinePerHour(section),
        LayerHeight(section),
        section.Number("build_cm3_per_hour", "cm³/h", 0.1m, 100_000m),
        section.Number("recoat_s", "s", 0m, 10_000m),
        Share(section, "support_share", 3m),
        Share(section, "powder_waste", 10m),
        Gap(section),
        section.Number("heat_treatment_per_kg", $"{currency} per kg", 0m, Limits.PriceList.MoneyMax));

    CastingRates ReadCasting(PriceListSection section)
    {
        var pattern = section.Section("pattern");
        var rates = new CastingRates(
            Share(section, "sprue", 10m),
            Share(section, "metal_markup", 10m),
            Share(section, "metal_loss", 1m),
            section.Number("polish_min_per_cm2", "min/cm²", 0m, 100m),
            section.Number("flask_fee", $"{currency} per flask", 0m, Limits.PriceList.MoneyMax),
            section.Number("flask_cm3", "cm³", 1m, 1_000_000m),
            section.Number("packing", "of the flask", 0.01m, 1m),
            Gap(section),
            new PatternRates(
                Rename(MachinePerHour(pattern), "pattern_machine_per_hour"),
                LayerHeight(pattern),
                pattern.Number("layer_s", "s", 0m, 10_000m),
                pattern.Number("plate_x_mm", "mm", 1m, Limits.PriceList.MmMax),
                pattern.Number("plate_y_mm", "mm", 1m, Limits.PriceList.MmMax),
                Rename(pattern.Number("density_g_cm3", "g/cm³", 0.01m, 30m), "pattern_density_g_cm3"),
                Rename(pattern.Number("price_per_kg", $"{currency} per kg", 0m, Limits.PriceList.MoneyMax), "pattern_price_per_kg"),
                Rename(Share(pattern, "support_share", 3m), "pattern_support_share")));
        pattern.Finish();
        return rates;
    }

    Figure MachinePerHour(PriceListSection section) => section.Number("machine_per_hour", $"{currency} per hour", 0m, Limits.PriceList.PerHourMax);

    static Figure LayerHeight(PriceListSection section) => section.Number("layer_height_mm", "mm", 0.001m, 10m);

    static Figure Gap(PriceListSection section) => section.Number("gap_mm", "mm", 0m, 1_000m);

    static Figure Share(PriceListSection section, string key, decimal max) => section.Number(key, "share", 0m, max);

    /// <summary>Where two sections use one short key, the formula needs two names.</summary>
    static Figure Rename(Figure figure, string name) => new(name, figure.Value, figure.Unit, figure.Source, figure.Note);

    /// <summary>A note may stand beside the keys of a section as it may beside a value.</summary>
    static void IgnoreSource(PriceListSection section)
    {
        if (section.Has("source"))
            section.Text("source", Limits.PriceList.NoteCharsMax);
        section.Finish();
    }
}
