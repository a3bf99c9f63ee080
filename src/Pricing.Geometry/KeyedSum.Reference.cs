using System.Numerics;

namespace Pricing.Geometry;

/// <summary>The plain twin: the formula in whole numbers.</summary>
sealed partial class KeyedSum
{
    public UInt128 ReferenceOf(ReadOnlySpan<byte> bytes)
    {
        const int BlockBytes = 4 * BlockWords;
        var padded = new byte[(bytes.Length + BlockBytes - 1) / BlockBytes * BlockBytes];
        bytes.CopyTo(padded);
        var words = new List<BigInteger> { bytes.Length, 0 };
        for (var at = 0; at < padded.Length; at += 4)
            words.Add(new BigInteger(padded.AsSpan(at, 4), isUnsigned: true));
        BigInteger first = 0, second = 0;
        for (var i = 0; i < words.Count; i += 2)
        {
            first += Word(words[i], i) * Word(words[i + 1], i + 1);
            second += Word(words[i], i + Shift) * Word(words[i + 1], i + 1 + Shift);
        }
        var half = BigInteger.One << 64;
        return new UInt128((ulong)(second % half), (ulong)(first % half));

        BigInteger Word(BigInteger word, int key) => (word + _key[key]) % (BigInteger.One << 32);
    }
}
