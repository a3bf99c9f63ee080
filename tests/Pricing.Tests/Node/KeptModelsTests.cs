using Google.Protobuf;
using NUnit.Framework;
using Pricing.Node;

namespace Pricing.Tests.Node;

[TestFixture]
public sealed class KeptModelsTests
{
    static string Name(int i) => i.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    [Test]
    public void What_was_kept_is_found_by_hash_and_length()
    {
        var kept = new KeptModels();
        IReadOnlyList<ByteString> chunks = [ByteString.CopyFromUtf8("ab"), ByteString.CopyFromUtf8("c")];
        kept.Keep(Name(1), 3, chunks);
        Assert.That(kept.Find(Name(1), 3), Is.SameAs(chunks));
        Assert.That(kept.Find(Name(1), 4), Is.Null, "another length is another file");
        Assert.That(kept.Find(Name(2), 3), Is.Null);
        kept.Forget(Name(1));
        Assert.That(kept.Find(Name(1), 3), Is.Null);
        Assert.That(kept.Bytes, Is.Zero);
    }

    [Test]
    public void Bytes_are_bounded_and_the_model_used_longest_ago_goes_first()
    {
        var kept = new KeptModels();
        var fits = (int)(Limits.Node.KeptBytesMax / Limits.Node.KeptModelBytesMax);
        for (var i = 0; i < fits; i++)
            kept.Keep(Name(i), Limits.Node.KeptModelBytesMax, []);
        kept.Find(Name(0), Limits.Node.KeptModelBytesMax);
        kept.Keep(Name(fits), Limits.Node.KeptModelBytesMax, []);
        Assert.That(kept.Bytes, Is.EqualTo(Limits.Node.KeptBytesMax));
        Assert.That(kept.Find(Name(1), Limits.Node.KeptModelBytesMax), Is.Null);
        Assert.That(kept.Find(Name(0), Limits.Node.KeptModelBytesMax), Is.Not.Null);
        Assert.That(kept.Names[0].ToByteArray(), Is.EqualTo(Convert.FromHexString(Name(0))), "the newest first");
    }

    [Test]
    public void A_model_larger_than_its_share_is_not_kept()
    {
        var kept = new KeptModels();
        kept.Keep(Name(1), Limits.Node.KeptModelBytesMax + 1, []);
        Assert.That(kept.Bytes, Is.Zero);
    }
}
