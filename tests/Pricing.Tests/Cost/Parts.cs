using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Pricing.Cost;
using Pricing.Quoting.V1;
using Body = Pricing.Quoting.V1.Geometry;

namespace Pricing.Tests.Cost;

/// <summary>Measurements to price: a box with round figures, and random parts.</summary>
static class Parts
{
    /// <summary>20 × 30 × 40 mm: 24 cm³, 52 cm²; printed from 10 cm³ of filament in two hours with 2 cm³ of supports.</summary>
    public static Measurement Box() => new()
    {
        ModelSha256 = new string('a', 64),
        EngineVersion = 1,
        Geometry = new Body
        {
            Triangles = 12,
            Watertight = true,
            Oriented = true,
            Verdict = Body.Types.Verdict.Exact,
            VolumeMm3 = 24_000,
            VolumeLowMm3 = 24_000,
            VolumeHighMm3 = 24_000,
            AreaMm2 = 5_200,
            BboxMinMm = new Vector3 { X = 10, Y = 10, Z = 0 },
            BboxMaxMm = new Vector3 { X = 30, Y = 40, Z = 40 },
        },
        Fdm = new FdmEstimate { Tier = 1, LayerHeightMm = 0.2, Layers = 200, FilamentCm3 = 10, FilamentG = 12.4, PrintTimeS = 7200, SupportCm3 = 2 },
    };

    /// <summary>A plain signet ring of 0.52 cm³, as a caster gets it.</summary>
    public static Measurement Ring() => new()
    {
        UnitAssumed = true,
        Geometry = new Body
        {
            Watertight = true,
            Oriented = true,
            Verdict = Body.Types.Verdict.Exact,
            VolumeMm3 = 520.123456789,
            AreaMm2 = 894.5,
            BboxMinMm = new Vector3 { X = -10.6, Y = -11.25, Z = 0 },
            BboxMaxMm = new Vector3 { X = 10.6, Y = 11.25, Z = 6.1 },
            OverhangAreaMm2 = 88,
        },
    };

    public static Measurement With(this Measurement part, Action<Measurement> change)
    {
        var copy = part.Clone();
        change(copy);
        return copy;
    }

    /// <summary>Extents in tenths of a millimetre, a fill of the box in per mille, a skin factor: enough to make any plausible measurement.</summary>
    public sealed record Sketch(int X, int Y, int Z, int FillPerMille, int SkinPercent, int InfillPercent, int SupportPercent, bool HasEstimate)
    {
        public Measurement Measure(int fillPerMille)
        {
            double x = X / 10.0, y = Y / 10.0, z = Z / 10.0, volume = x * y * z * fillPerMille / 1000.0;
            var measurement = new Measurement
            {
                Geometry = new Body
                {
                    Watertight = true,
                    Oriented = true,
                    Verdict = Body.Types.Verdict.Exact,
                    VolumeMm3 = volume,
                    AreaMm2 = 2 * (x * y + y * z + z * x) * SkinPercent / 100.0,
                    BboxMinMm = new Vector3(),
                    BboxMaxMm = new Vector3 { X = x, Y = y, Z = z },
                    OverhangAreaMm2 = x * y * SupportPercent / 100.0,
                },
            };
            if (HasEstimate)
            {
                var filament = volume / 1000.0 * InfillPercent / 100.0;
                measurement.Fdm = new FdmEstimate
                {
                    Layers = (long)Math.Ceiling(z / 0.2),
                    FilamentCm3 = filament,
                    PrintTimeS = filament * 330 + z * 20,
                    SupportCm3 = filament * SupportPercent / 100.0,
                };
            }

            return measurement;
        }

        public Measurement Measure() => Measure(FillPerMille);
    }

    public static Gen<Sketch> Sketches { get; } =
        from x in Gen.Choose(10, 2600)
        from y in Gen.Choose(10, 2600)
        from z in Gen.Choose(10, 2600)
        from fill in Gen.Choose(1, 1000)
        from skin in Gen.Choose(50, 900)
        from infill in Gen.Choose(20, 110)
        from support in Gen.Choose(0, 60)
        from estimate in Gen.Frequency((5, Gen.Constant(true)), (1, Gen.Constant(false)))
        select new Sketch(x, y, z, fill, skin, infill, support, estimate);

    /// <summary>Quantities over all orders of magnitude.</summary>
    public static Gen<long> Quantities { get; } =
        from exponent in Gen.Choose(0, 5)
        from mantissa in Gen.Choose(1, 10)
        from rest in Gen.Choose(0, 9)
        select Math.Clamp((long)Math.Pow(10, exponent) * mantissa - rest, 1, Limits.Quote.QuantityMax);

    /// <summary>Runs a property; a failure throws with the seed that replays it.</summary>
    public static void ForAll<T>(Gen<T> gen, Action<T> check, int tests = 200) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(gen.ToArbitrary(), check));

    public static QuoteTerms Terms(string process = "", long quantity = 1, string material = "", string finish = "", string leadTime = "", string currency = "") =>
        new([new Configuration { Process = process, Material = material, Finish = finish, LeadTime = leadTime }], [quantity], currency);

    public static Price PriceOne(Measurement part, PriceList list, QuoteTerms terms)
    {
        var prices = Pricer.Price(part, list, terms);
        Assert.That(prices, Has.Count.EqualTo(1));
        return prices[0];
    }

    public static decimal Amount(Money money)
    {
        Assert.That(Currency.TryRead(money, out var amount), Is.True, money.ToString());
        return amount;
    }

    public static string RepositoryFile(string path, [CallerFilePath] string here = "") =>
        Path.Combine(here, "../../../..", path);
}
