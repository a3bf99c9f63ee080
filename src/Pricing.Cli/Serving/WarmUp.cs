using Pricing.Cost;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;
using Pricing.Node;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Serving;

/// <summary>
/// Measures and prices a small part once while the database starts, so that the just-in-time compiler has met that code before the
/// first customer does. The first quote of a process would otherwise take some 100 ms longer than the second.
/// </summary>
static class WarmUp
{
    public static void Run(Roles roles)
    {
        var part = Measure();
        if (roles.HasFlag(Roles.Coordinator))
            Pricer.Price(part, PriceList.Standard, new QuoteTerms([new Configuration()], [1, 10], ""));
    }

    static Measurement Measure()
    {
        var file = MeshWriter.ToBytes(ExampleModels.All[0].Build(), MeshFormat.StlBinary);
        var part = PartMeasurer.Measure(file, new Pricing.Geometry.MeasureOptions());
        return MeasurementMapping.ToMessage(part, new string('0', 64), null, new MeasureTiming());
    }
}
