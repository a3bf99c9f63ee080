namespace Pricing.Geometry.Mesh;

/// <summary>The caller's unit and scale; the caller's unit wins over the file's, and millimetre stands where neither speaks.</summary>
readonly record struct UnitChoice(LengthUnit? Asked, double Scale)
{
    /// <summary>Millimetres per coordinate of the file.</summary>
    public double Factor(LengthUnit? stated) => (Asked ?? stated ?? LengthUnit.Millimetre).InMillimetres() * Scale;
}
