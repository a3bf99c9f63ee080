using System.Runtime.InteropServices;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// What <see cref="DecimalTriple"/> looks up, by the length n of a mantissa's text (its dot counted, its sign not) and the place k of the
/// dot in it (k = n: none). A kernel copies the pointers to locals: a static field would be checked for initialisation at every use.
/// </summary>
readonly unsafe struct DecimalTables
{
    /// <summary>n and k run from 0 to 31, more than any mantissa read this way.</summary>
    public const int Row = 32;

    /// <summary>More digits may not fit the 53 bits of a double.</summary>
    public const int Digits = 15;

    /// <summary>Powers of ten up to this one are exact in a double.</summary>
    public const int ExactPower = 22;

    /// <summary>Decimal places that no exponent written with two digits brings back to 0..22.</summary>
    public const int NotThisWay = 125;

    /// <summary>16 bytes for each n and k: the shuffle that drops the dot and moves the digits to the right, zeros before them.</summary>
    public readonly byte* Shuffles;

    /// <summary>For each n and k: digits after the dot, or <see cref="NotThisWay"/> when there are no digits or too many.</summary>
    public readonly byte* Places;

    /// <summary>Pairs 10^p and −10^p for p = 0..22.</summary>
    public readonly double* Powers;

    DecimalTables(byte* memory)
    {
        Shuffles = memory;
        Powers = (double*)(memory + 16 * Row * Row);
        Places = (byte*)(Powers + 2 * (ExactPower + 1));
    }

    /// <summary>Lives as long as the process.</summary>
    public static DecimalTables Instance { get; } = Build();

    static DecimalTables Build()
    {
        var bytes = 17 * Row * Row + 2 * sizeof(double) * (ExactPower + 1);
        var tables = new DecimalTables((byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64));
        for (var n = 0; n < Row; n++)
            for (var k = 0; k < Row; k++)
            {
                var digits = k < n ? n - 1 : n;
                var fits = digits is > 0 and <= Digits;
                tables.Places[n * Row + k] = (byte)(!fits ? NotThisWay : k < n ? n - 1 - k : 0);
                for (var i = 0; i < 16; i++)
                {
                    var digit = i - 16 + digits;
                    tables.Shuffles[16 * (n * Row + k) + i] = (byte)(!fits || digit < 0 ? 0x80 : digit < k ? digit : digit + 1);
                }
            }
        var power = 1.0;
        for (var p = 0; p <= ExactPower; p++, power *= 10)
            (tables.Powers[2 * p], tables.Powers[2 * p + 1]) = (power, -power);
        return tables;
    }
}
