using System.Numerics;

namespace Pricing.Geometry;

/// <summary>The plain twin: the formula in whole numbers.</summary>
sealed partial class KeyedSum
{
    public UInt128 ReferenceOf(ReadOnlySpan<byte> bytes)
    {
        var padded = new byte[(bytes.Length + 15) / 16 * 16];
        bytes.CopyTo(padded);
        var words = new List<BigInteger> { bytes.Length, 0 };
        for (var at = 0; at < padded.Length; at += 8)
            words.Add(new BigInteger(padded.AsSpan(at, 8), isUnsigned: true));
        var sum = BigInteger.Zero;
        for (var i = 0; i < words.Count; i += 2)
            sum += (words[i] + _key[i]) % (BigInteger.One << 64) * ((words[i + 1] + _key[i + 1]) % (BigInteger.One << 64));
        return (UInt128)(sum % (BigInteger.One << 128));
    }
}
