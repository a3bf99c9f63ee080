using System.Runtime.InteropServices;
using NUnit.Framework;
using Pricing.Cli.Measuring;

namespace Pricing.Tests.Cli;

[TestFixture]
public sealed class TorusStlTests
{
    [TestCase(18)]
    [TestCase(1_000)]
    [TestCase(12_345)]
    public void It_has_at_least_the_triangles_asked_for_and_every_edge_meets_its_opposite(long asked)
    {
        var path = Path.GetTempFileName();
        try
        {
            var torus = TorusStl.Of(asked);
            torus.Write(path, CancellationToken.None);
            var bytes = File.ReadAllBytes(path);

            Assert.That(torus.Triangles, Is.InRange(asked, asked + 2 * (long)Math.Sqrt(asked) + 18));
            Assert.That(bytes, Has.Length.EqualTo(torus.Bytes));
            Assert.That(MemoryMarshal.Read<uint>(bytes.AsSpan(80)), Is.EqualTo(torus.Triangles));
            var open = new Dictionary<(string, string), int>();
            for (var offset = 84; offset < bytes.Length; offset += 50)
            {
                string[] corners = [.. Enumerable.Range(1, 3).Select(corner => Convert.ToHexString(bytes, offset + 12 * corner, 12))];
                for (var i = 0; i < 3; i++)
                {
                    var (from, to) = (corners[i], corners[(i + 1) % 3]);
                    open[(from, to)] = open.GetValueOrDefault((from, to)) + 1;
                    open[(to, from)] = open.GetValueOrDefault((to, from)) - 1;
                }
            }
            Assert.That(open.Values, Is.All.Zero);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
