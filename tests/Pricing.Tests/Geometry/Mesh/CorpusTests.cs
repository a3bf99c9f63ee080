using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>Every real file decodes to the triangles other tools count, or is refused for the reason written here.</summary>
sealed class CorpusTests
{
    [Test]
    public void Dump()
    {
        var truth = Corpus.Truth("geometry_dev.csv", "tm_tri");
        foreach (var folder in new[] { "models", "bad" })
            foreach (var path in Corpus.Files(folder))
            {
                var name = Path.GetFileName(path);
                var bytes = File.ReadAllBytes(path);
                var watch = Stopwatch.StartNew();
                string said;
                try
                {
                    var soup = Soup.Decode(bytes, name);
                    said = $"{soup.Format} {soup.Triangles} vol={soup.SignedVolume().ToString("G9", CultureInfo.InvariantCulture)} {soup.FileUnit} {string.Join(";", soup.Notes)}";
                }
                catch (MeshFormatException e)
                {
                    said = $"REFUSED {e.Reason} | {e.Message} | {e.Field} | {e.Limit} | {e.Actual}";
                }
                TestContext.Out.WriteLine($"{name}: {said} tm={truth.GetValueOrDefault(name)} {watch.ElapsedMilliseconds} ms");
            }
    }
}
