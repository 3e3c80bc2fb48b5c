"""The normal law, with the same relative accuracy in the far tails as in the middle.

What belongs here: density, distribution and Mills' ratio. What does not: options.

Mills' ratio is what remains of the upper tail after its density is taken out: (1 - Phi(z)) / phi(z), which falls
from sqrt(pi/2) like 1/z and is all that has to be approximated. The quotient of polynomials was fitted to it for
every z >= 0 in 70 digits, with a largest relative error of 9e-18; all its coefficients are positive, so that
nothing cancels.
"""

from butter_pipeline.options.kernels.compiled import inlined
from butter_pipeline.options.kernels.elementary import exp_minus_half_square, polynomial

PER_ROOT_2PI = 0.3989422804014327
FARTHEST = 1e6
"""Beyond, the density has long been nothing."""
MILLS_ABOVE = (
    8.3180334805198529355e-7,
    0.000024400456080813674445,
    0.00035476138919538295265,
    0.0033136790816618041655,
    0.021827607353397065105,
    0.10542603815449158644,
    0.37733284277078002425,
    0.98877876678461818439,
    1.8222380274909504135,
    2.1500593284700281819,
    1.2533141373155002631,
)
MILLS_BELOW = (
    8.3180334805198528391e-7,
    0.000024400456080813702511,
    0.00035559319254342090051,
    0.0033380795377453833168,
    0.022180705135610820894,
    0.10869091634192334595,
    0.39845924462778926864,
    1.0878214737253057189,
    2.159401219680513706,
    2.9593256408777931996,
    2.5133837037992794522,
    1.0,
)


@inlined
def mills(z: float) -> float:
    """(1 - Phi(z)) / phi(z) for z >= 0."""
    held = min(z, 1e20)
    return polynomial(held, MILLS_ABOVE) / polynomial(held, MILLS_BELOW)


@inlined
def density(z: float) -> float:
    """The standard normal density."""
    return PER_ROOT_2PI * exp_minus_half_square(z)


@inlined
def below(z: float, dense: float) -> float:
    """Phi(z), given the density there."""
    tail = dense * mills(abs(z)) if z != 0.0 else 0.5  # to the bit
    return tail if z < 0.0 else 1.0 - tail
