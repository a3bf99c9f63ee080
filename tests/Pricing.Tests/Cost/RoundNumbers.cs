using NUnit.Framework;
using Pricing.Cost;

namespace Pricing.Tests.Cost;

/// <summary>A price list of round numbers, so that known answers can be worked out by hand.</summary>
static class RoundNumbers
{
    const string Commercial = """
            setup: 10
            labour_per_hour: 60
            handling_min: 2
            scrap: 0.2
            margin: 0.5
            minimum_part: 1
            quantity_discount: { maximum: 0.2, half_quantity: 10 }
            capacity: { hours_per_day: 10, extra_days_review: 30 }
            minimum_wall_mm: { value: 1, severity: review }
            minimum_size_mm: { value: 5, severity: block }
            layers_max: { value: 5000, severity: review }
            lead_times:
              economy: { days: 9, factor: 0.9 }
              standard: { days: 5, factor: 1 }
              express: { days: 2, factor: 1.5 }
            finishes:
              painted: { label: Painted, per_part: 3, per_cm2: 0.25, extra_days: 2 }
        """;

    public static string Document { get; } = $$"""
        id: round-numbers
        version: 7
        label: Round numbers
        effective_date: 2026-01-31
        currency: EUR
        exchange_rates: { USD: 2, JPY: 150 }
        minimum_order: 20
        mesh:
          open: review
          volume_uncertainty_max: { value: 0.1, severity: review }
        processes:
          fdm:
            label: FDM
            model: fdm
            build_volume: { build_x_mm: 200, build_y_mm: 100, build_z_mm: 300, severity: block }
        {{Commercial}}
            standard_material: pla
            materials:
              pla: { label: PLA, density_g_cm3: 1.25, price_per_kg: 40 }
              abs: { label: ABS, density_g_cm3: 1, price_per_kg: 80 }
            rates: { machine_per_hour: 5, waste: 0.1, support_cm3_per_hour: 20, layer_height_mm: 0.2,
              fallback_shell_mm: 1, fallback_infill: 0.5, fallback_cm3_per_hour: 7.3 }
          sla:
            label: SLA
            model: sla
            build_volume: { build_x_mm: 250, build_y_mm: 200, build_z_mm: 300, severity: block }
        {{Commercial}}
            standard_material: resin
            materials:
              resin: { label: Resin, density_g_cm3: 1.2, price_per_kg: 100 }
            rates: { machine_per_hour: 20, layer_height_mm: 0.1, layer_s: 9, area_s_per_cm2: 9, film_mm: 0.1, support_share: 0.25, gap_mm: 5 }
          powder:
            label: Powder
            model: powder
            build_volume: { build_x_mm: 400, build_y_mm: 300, build_z_mm: 250, severity: block }
        {{Commercial}}
            standard_material: pa12
            materials:
              pa12: { label: PA12, density_g_cm3: 1, price_per_kg: 50 }
            rates: { machine_per_hour: 50, layer_height_mm: 0.1, chamber_hours: 10, packing: 0.5, gap_mm: 10, powder_waste: 0.5 }
          lpbf:
            label: LPBF
            model: lpbf
            build_volume: { build_x_mm: 250, build_y_mm: 200, build_z_mm: 300, severity: block }
        {{Commercial}}
            standard_material: steel
            materials:
              steel: { label: Steel, density_g_cm3: 8, price_per_kg: 100 }
            rates: { machine_per_hour: 90, layer_height_mm: 0.05, build_cm3_per_hour: 6, recoat_s: 9, support_share: 0.1, powder_waste: 0.25,
              gap_mm: 5, heat_treatment_per_kg: 50 }
          casting:
            label: Casting
            model: casting
            build_volume: { build_x_mm: 76, build_y_mm: 76, build_z_mm: 102, severity: block }
        {{Commercial}}
            standard_material: silver
            materials:
              silver: { label: Silver, density_g_cm3: 10, price_per_g: 1.5, casting_fee: 9 }
            rates:
              sprue: 0.1
              metal_markup: 0.2
              metal_loss: 0.05
              polish_min_per_cm2: 1
              flask_fee: 60
              flask_cm3: 500
              packing: 0.4
              gap_mm: 10
              pattern: { machine_per_hour: 10, layer_height_mm: 0.1, layer_s: 9, plate_x_mm: 120, plate_y_mm: 100,
                density_g_cm3: 1.25, price_per_kg: 200, support_share: 0.2 }
        """;

    public static PriceList List { get; } = Parse(Document);

    /// <summary>The list with one passage changed; the passage must be there.</summary>
    public static PriceList Changed(string passage, string by)
    {
        Assert.That(Document, Does.Contain(passage));
        return Parse(Document.Replace(passage, by, StringComparison.Ordinal));
    }

    public static PriceList Parse(string document)
    {
        var result = PriceListParser.Parse(document);
        return result.PriceList ?? throw new InvalidOperationException(string.Join("\n", result.Faults));
    }
}
