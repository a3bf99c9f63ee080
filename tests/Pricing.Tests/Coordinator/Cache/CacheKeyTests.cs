using NUnit.Framework;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

[TestFixture]
public sealed class CacheKeyTests
{
    [Test]
    public void The_same_parts_make_the_same_key()
        => Assert.That(Key("fdm", "pla"), Is.EqualTo(Key(string.Concat("fd", "m"), "pla")));

    [Test]
    public void Parts_do_not_run_into_each_other()
        => Assert.That(new[] { Key("ab", "c"), Key("a", "bc"), Key("abc", ""), Key("", "abc"), Key("abc") }, Is.Unique);

    [Test]
    public void A_question_too_long_for_the_buffer_has_no_key()
    {
        Assert.That(Key(new string('x', 300)), Is.Null);
        Assert.That(Key(new string('x', 40), new string('y', 40), new string('z', 40)), Is.Null, "the last part does not fit");
    }

    [Test]
    public void A_key_is_written_and_read_back()
    {
        var key = Key("fdm")!.Value;
        var bytes = new byte[CacheKey.Bytes];
        key.WriteTo(bytes);
        Assert.That(new CacheKey(bytes), Is.EqualTo(key));
        Assert.That(key.ToString(), Is.EqualTo(Convert.ToHexStringLower(bytes)));
    }

    static CacheKey? Key(params string[] parts)
    {
        var text = new CacheKeyText(stackalloc byte[128]);
        foreach (var part in parts)
            text.Add(part);
        return text.Seal();
    }
}
